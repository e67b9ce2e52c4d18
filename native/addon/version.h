// The version of the package that this addon belongs to.
#pragma once

namespace eigenstudent {

// ES_VERSION comes unquoted from the build files (package.json): quotes do not survive every shell on the way.
#define ES_TEXT_OF(tokens) #tokens
#define ES_TEXT(tokens) ES_TEXT_OF(tokens)

inline constexpr const char* package_version = ES_TEXT(ES_VERSION);

}  // namespace eigenstudent

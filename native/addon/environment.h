// State of one JavaScript environment: the main thread has one, and every worker thread has one.
#pragma once

#include <napi.h>

namespace eigenstudent {

class Environment {
 public:
  /// Called once, when the addon is loaded into an environment. Also arranges that tasks end with it.
  static void create(Napi::Env env);
  static Environment& of(Napi::Env env);

  /// Class of the errors that are thrown to JavaScript; empty until useErrorClass is called.
  Napi::FunctionReference error_class;
  /// The environment is being torn down: tasks are ended, and promises are no longer settled.
  bool closing = false;
};

}  // namespace eigenstudent

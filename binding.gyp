# node-gyp: what "npm install" runs where no platform package fits. CPU only; needs a C++20 compiler, make and Python 3.
# The sources come from native/sources.json, as in CMakeLists.txt.
#
# -ffp-contract=off: the baseline files give the same bits whatever the flags (x*y + z stays two roundings). The files
# of one instruction set are libraries of their own, with their own flags, and fuse.
# -Wno-psabi: GCC notes that old releases passed wide vectors otherwise; every function that takes one is inlined.
{
  "variables": {
    "eigenstudent_version%": "<!(node -p \"require('./package.json').version\")",
  },
  "target_defaults": {
    "include_dirs": ["native"],
    "cflags!": ["-fno-exceptions"],
    "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17", "-std=gnu++20", "-std=c++17"],
    "cflags": ["-O3"],
    "cflags_cc": ["-std=c++20", "-fexceptions", "-fvisibility=hidden", "-Wall", "-Wextra", "-Wno-psabi"],
    "xcode_settings": {
      "CLANG_CXX_LANGUAGE_STANDARD": "c++20",
      "CLANG_CXX_LIBRARY": "libc++",
      "GCC_ENABLE_CPP_EXCEPTIONS": "YES",
      "GCC_ENABLE_CPP_RTTI": "YES",
      "GCC_OPTIMIZATION_LEVEL": "3",
      "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
      "MACOSX_DEPLOYMENT_TARGET": "12.0",
    },
    "msvs_settings": {
      "VCCLCompilerTool": {
        "ExceptionHandling": 1,
        "RuntimeTypeInfo": "true",
        "AdditionalOptions": ["/std:c++20", "/Zc:__cplusplus", "/utf-8"],
      },
    },
  },
  "targets": [
    {
      "target_name": "eigenstudent",
      "sources": ["<!@(node scripts/sources.js core reference cpu theory cudaClient addon)"],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": [
        "NAPI_VERSION=8",
        "NODE_ADDON_API_CPP_EXCEPTIONS",
        "NODE_ADDON_API_CPP_EXCEPTIONS_ALL",
        "NODE_ADDON_API_DISABLE_DEPRECATED",
        "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS",
        "ES_VERSION=<(eigenstudent_version)",
      ],
      "dependencies": ["kernels_plain"],
      "cflags": ["-ffp-contract=off"],
      "xcode_settings": {"OTHER_CFLAGS": ["-ffp-contract=off"]},
      "msvs_settings": {"VCCLCompilerTool": {"AdditionalOptions": ["/fp:precise"]}},
      "conditions": [
        ["target_arch=='x64' and OS!='win'", {"dependencies": ["kernels_avx2", "kernels_avx512"]}],
        ["OS=='linux'", {"ldflags": ["-pthread"], "libraries": ["-ldl"]}],
      ],
    },
    # On arm64 that is NEON, which has fused multiply-add too.
    {
      "target_name": "kernels_plain",
      "type": "static_library",
      "sources": ["<!@(node scripts/sources.js isa.plain)"],
      "cflags": ["-ffp-contract=fast"],
      "xcode_settings": {"OTHER_CFLAGS": ["-ffp-contract=fast"]},
    },
  ],
  "conditions": [
    # Not with MSVC: the dispatch in native/cpu/isa.cpp asks the processor through GCC's and Clang's builtins.
    ["target_arch=='x64' and OS!='win'", {
      "targets": [
        {
          "target_name": "kernels_avx2",
          "type": "static_library",
          "sources": ["<!@(node scripts/sources.js isa.avx2)"],
          "cflags": ["-mavx2", "-mfma", "-ffp-contract=fast"],
          "xcode_settings": {"OTHER_CFLAGS": ["-mavx2", "-mfma", "-ffp-contract=fast"]},
        },
        {
          "target_name": "kernels_avx512",
          "type": "static_library",
          "sources": ["<!@(node scripts/sources.js isa.avx512)"],
          "cflags": ["-mavx512f", "-mavx512vl", "-mavx512dq", "-mavx512bw", "-mavx2", "-mfma", "-ffp-contract=fast"],
          "xcode_settings": {
            "OTHER_CFLAGS": ["-mavx512f", "-mavx512vl", "-mavx512dq", "-mavx512bw", "-mavx2", "-mfma", "-ffp-contract=fast"],
          },
        },
      ],
    }],
  ],
}

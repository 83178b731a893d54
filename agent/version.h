// The one place the program learns its version from; CMake hands the project's to version.cpp.
#pragma once

namespace vf::agent {

extern const char* const version;  ///< plain x.y.z: the server compares it as such

}  // namespace vf::agent

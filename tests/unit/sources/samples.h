// Recorded answers, for tests of decoders.
#pragma once

#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace cryptostream::testing {

/// tests/samples/`name`.
inline std::string sample(const std::string& name) {
  std::ifstream file(std::string(CRYPTOSTREAM_SAMPLES) + "/" + name);
  REQUIRE_MESSAGE(file, name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace cryptostream::testing

#include "commands.h"

namespace cryptostream::tool {

Result<void> version(const cli::Settings& settings) {
  if (settings.toggle("json")) {
    fmt::print("{{\"version\":\"{}\",\"compiler\":\"{}\"}}\n", CRYPTOSTREAM_VERSION, __VERSION__);
  } else {
    fmt::print("cryptostream {}\n", CRYPTOSTREAM_VERSION);
  }
  return {};
}

}  // namespace cryptostream::tool

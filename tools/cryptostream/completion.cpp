// completion and man: what the shell and the manual reader need, from the same table of options as everything else.
#include "commands.h"

#include <cryptostream/cli/reference.h>

namespace cryptostream::tool {

Result<void> completion(const Words& words) {
  if (words.empty()) return fail(ErrorKind::usage, "for which shell? bash, zsh or fish");
  CRYPTOSTREAM_TRY_ASSIGN(auto script, cli::completion_script(words[0]));
  fmt::print("{}", script);
  return {};
}

Result<void> man() {
  fmt::print("{}", cli::manual_page(CRYPTOSTREAM_VERSION));
  return {};
}

}  // namespace cryptostream::tool

#include <cryptostream/stores/write_mode.h>

namespace cryptostream {

std::string_view to_string(WriteMode mode) {
  switch (mode) {
    case WriteMode::insert:
      return "insert";
    case WriteMode::upsert:
      return "upsert";
    case WriteMode::replace:
      return "replace";
  }
  return "insert";
}

Result<WriteMode> parse_write_mode(std::string_view name) {
  for (auto mode : {WriteMode::insert, WriteMode::upsert, WriteMode::replace})
    if (name == to_string(mode)) return mode;
  return fail(ErrorKind::usage, fmt::format("no write mode '{}': there are insert, upsert and replace", name));
}

}  // namespace cryptostream

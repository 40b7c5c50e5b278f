#include <cryptostream/stores/csv/files.h>
#include <cryptostream/stores/csv/position_file.h>

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <string_view>

namespace cryptostream::csv {
namespace {

constexpr std::string_view first_line = "cryptostream csv position 1";

template <class T>
bool read_number(const std::map<std::string_view, std::string_view>& lines, std::string_view name, T& into) {
  auto line = lines.find(name);
  if (line == lines.end()) return false;
  auto [end, code] = std::from_chars(line->second.data(), line->second.data() + line->second.size(), into);
  return code == std::errc() && end == line->second.data() + line->second.size();
}

}  // namespace

Result<std::optional<Position>> read_position(const std::string& path) {
  CRYPTOSTREAM_TRY_ASSIGN(auto text, read_file(path));
  if (!text) return std::nullopt;
  std::map<std::string_view, std::string_view> lines;
  std::string_view rest = *text;
  bool known = rest.starts_with(first_line);
  while (!rest.empty()) {
    auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    auto space = line.find(' ');
    if (space != line.npos) lines.emplace(line.substr(0, space), line.substr(space + 1));
  }
  Position position;
  position.sink = lines["sink"];
  position.topic = lines["topic"];
  position.log_id = lines["log_id"];
  bool complete = read_number(lines, "partition", position.partition) && read_number(lines, "epoch", position.epoch) &&
                  read_number(lines, "length", position.length);
  if (lines.count("next") != 0) {
    position.next.emplace();
    complete = complete && read_number(lines, "next", *position.next);
  }
  if (!known || !complete)
    return fail(
        ErrorKind::failure,
        fmt::format(
            "{} cannot be read as a position file of the CSV sink: restore it, or remove it together with the CSV "
            "file to start over",
            path));
  return position;
}

Result<void> write_position(const std::string& path, const Position& position) {
  auto text =
      fmt::format("{}\nsink {}\ntopic {}\npartition {}\nlog_id {}\nepoch {}\nlength {}\n", first_line, position.sink,
                  position.topic, position.partition, position.log_id, position.epoch, position.length);
  if (position.next) text += fmt::format("next {}\n", *position.next);
  return replace_file(path, text);
}

}  // namespace cryptostream::csv

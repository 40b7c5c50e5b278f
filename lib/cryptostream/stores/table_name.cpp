#include <cryptostream/stores/table_name.h>

#include <fmt/format.h>

#include <stdexcept>
#include <vector>

namespace cryptostream {
namespace {

std::string quote(std::string_view text, char mark) {
  std::string quoted(1, mark);
  for (char c : text) {
    if (c == mark) quoted += mark;
    quoted += c;
  }
  return quoted += mark;
}

}  // namespace

std::string quote_identifier(std::string_view name) { return quote(name, '"'); }
std::string quote_literal(std::string_view text) { return quote(text, '\''); }

std::string TableName::quoted() const {
  return schema.empty() ? quote_identifier(table) : quote_identifier(schema) + "." + quote_identifier(table);
}

TableName parse_table_name(std::string_view text, std::size_t longest) {
  auto refuse = [&](std::string_view why) {
    throw std::invalid_argument(fmt::format("table name '{}': {}", text, why));
  };
  if (text.find('\0') != text.npos) refuse("holds a zero byte");
  std::vector<std::string> parts(1);
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"' && quoted && i + 1 < text.size() && text[i + 1] == '"') {
      parts.back() += '"';
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == '.' && !quoted) {
      parts.emplace_back();
    } else {
      parts.back() += text[i];
    }
  }
  if (quoted) refuse("a double quote is not closed");
  if (parts.size() > 2) refuse("more than schema.table; put double quotes around a part that has dots in it");
  for (const auto& part : parts) {
    if (part.empty()) refuse("a part is empty");
    if (longest != 0 && part.size() > longest)
      refuse(fmt::format("'{}' has {} bytes, the longest name is {}", part, part.size(), longest));
  }
  if (parts.size() == 2) return {parts[0], parts[1]};
  return {"", parts[0]};
}

}  // namespace cryptostream

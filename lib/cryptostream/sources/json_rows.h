// Cuts an API's answer into its rows before they are decoded, so that a bad row costs itself only.
#pragma once

#include <cryptostream/core/result.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cryptostream {

/// Views into the answer.
struct JsonRows {
  std::vector<std::string_view> rows{};  ///< elements of the list, each as written
  std::optional<std::string_view>
      timestamp{};  ///< member `timestamp` of the envelope, as written; nothing if absent or null
};

/// What stands in member `list` of the object `text`; with an empty `list`, `text` itself is the list. `single` takes
/// an object in the list's place, as one row. The whole text is checked. Errors (bad_record, saying where): not JSON,
/// not UTF-8, nested too deep, no such member or twice, not a list.
Result<JsonRows> split_json_rows(std::string_view text, std::string_view list, bool single = false);

/// One member of an object: its name unescaped, its value as written.
struct JsonMember {
  std::string name;
  std::string_view value;
};

/// The members of the object `text`, in their order. The whole text is checked. Errors (bad_record, saying where): not
/// JSON, not UTF-8, nested too deep, not an object, a member twice.
Result<std::vector<JsonMember>> json_members(std::string_view text);

/// The value of the member of this name, or nothing if there is none or it is null.
std::optional<std::string_view> find_member(const std::vector<JsonMember>& members, std::string_view name);

/// The text within quotes that `value` is, or `value` itself if it is none. Escapes stay as they are: for numbers and
/// dates.
std::string_view unquoted(std::string_view value);

}  // namespace cryptostream

// JSON of any type with a schema: one object, members in schema order.
#pragma once

#include <cryptostream/core/result.h>
#include <cryptostream/data/type_info.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace cryptostream {

/// The deepest nesting of objects and lists that is read.
constexpr int max_json_depth = 64;
/// The longest number that is read: every Decimal fits.
constexpr std::size_t max_json_number = 16640;

/// Appends `value` (of the type that `type` describes) to `out`. Decimals are strings with their scale, timestamps
/// integers (ms), enums their texts; absent optionals are left out of objects and null in lists and maps. No allocation
/// beyond `out`'s own, once warm. Throws std::domain_error, naming the field, for what JSON cannot say: NaN and
/// infinity, text that is not UTF-8, an enum without text.
void encode_json(const TypeInfo& type, const void* value, std::string& out);

/// Reads one JSON value that fills `text` into an existing value, all of which is overwritten; strings and lists keep
/// their memory. Unknown members are skipped. Missing or null members are absent where the field is optional, else an
/// error. Decimals are read from strings and numbers, exactly. Errors (bad_record, naming field path and byte): not
/// JSON, not UTF-8, a member twice, nested deeper than max_json_depth, missing, null or of a wrong type, an integer out
/// of range. `into` is then partly overwritten.
Result<void> decode_json(const TypeInfo& type, std::string_view text, void* into);

/// How many decimals this process has read from JSON that had more than 38 digits and were rounded. For metrics.
std::uint64_t json_decimals_rounded();

}  // namespace cryptostream

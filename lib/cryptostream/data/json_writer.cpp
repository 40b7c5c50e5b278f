// encode_json: a value walked along its schema into RapidJSON's writer.
#include <cryptostream/core/decimal.h>
#include <cryptostream/core/timestamp.h>
#include <cryptostream/data/json.h>
#include <cryptostream/data/utf8.h>

// A namespace of our own, so that a program may use another RapidJSON, or ours with other settings.
#define RAPIDJSON_NAMESPACE cryptostream_rapidjson
#define RAPIDJSON_NAMESPACE_BEGIN namespace cryptostream_rapidjson {
#define RAPIDJSON_NAMESPACE_END }
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>

namespace cryptostream {

namespace rapidjson = ::cryptostream_rapidjson;

namespace {

// What a giant left in a thread's buffer is given back.
constexpr std::size_t most_kept = 1 << 20;

// Walks a value and tells RapidJSON's writer. One a thread, whose buffers live on, so that a record costs no
// allocation.
class Encoder {
 public:
  void run(const TypeInfo& type, const void* value, std::string& out) {
    buffer_.Clear();
    writer_.Reset(buffer_);
    field_ = {};
    write(type, value);
    out.append(buffer_.GetString(), buffer_.GetSize());
    if (buffer_.GetSize() > most_kept) buffer_ = rapidjson::StringBuffer();
  }

 private:
  void write(const TypeInfo& type, const void* value) {
    switch (type.kind) {
      case Kind::boolean:
        writer_.Bool(*static_cast<const bool*>(value));
        break;
      case Kind::int32:
        writer_.Int(*static_cast<const std::int32_t*>(value));
        break;
      case Kind::int64:
        writer_.Int64(*static_cast<const std::int64_t*>(value));
        break;
      case Kind::timestamp:
        writer_.Int64(static_cast<const Timestamp*>(value)->ms);
        break;
      case Kind::float64:
        number(*static_cast<const double*>(value));
        break;
      case Kind::text:
        text(*static_cast<const std::string*>(value));
        break;
      case Kind::decimal:
        scratch_.clear();
        static_cast<const Decimal*>(value)->append_to(scratch_);
        string(scratch_);
        break;
      case Kind::enumeration: {
        auto index = type.enum_index(value);
        if (index == type.texts.size()) refuse(fmt::format("a value of {} without a text", type.name));
        string(type.texts[index]);
        break;
      }
      case Kind::optional:
        if (const void* inner = type.optional_get(value)) {
          write(*type.inner, inner);
        } else {
          writer_.Null();
        }
        break;
      case Kind::list:
        writer_.StartArray();
        for (std::size_t i = 0, size = type.list_size(value); i < size; ++i) write(*type.inner, type.list_at(value, i));
        writer_.EndArray();
        break;
      case Kind::map: {
        writer_.StartObject();
        struct Context {
          Encoder& encoder;
          const TypeInfo& element;
        } context{*this, *type.inner};
        type.map_each(value, &context, [](void* c, std::string_view key, const void* element) {
          auto& [encoder, element_type] = *static_cast<Context*>(c);
          encoder.text(key);
          encoder.write(element_type, element);
        });
        writer_.EndObject();
        break;
      }
      case Kind::object:
        writer_.StartObject();
        for (const Field& field : type.fields) {
          const void* member = field.get(value);
          const TypeInfo* member_type = field.type;
          if (field.optional()) {
            member = member_type->optional_get(member);
            if (!member) continue;
            member_type = member_type->inner;
          }
          string(field.name);
          field_ = field.name;
          write(*member_type, member);
        }
        writer_.EndObject();
        break;
    }
  }

  void string(std::string_view text) { writer_.String(text.data(), static_cast<rapidjson::SizeType>(text.size())); }
  void text(std::string_view text) {
    if (!valid_utf8(text)) [[unlikely]]
      refuse("text that is not UTF-8");
    string(text);
  }
  // The shortest text that reads back the same.
  void number(double value) {
    if (!std::isfinite(value)) [[unlikely]]
      refuse("NaN or infinity");
    std::array<char, 32> digits;
    auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    writer_.RawValue(digits.data(), static_cast<std::size_t>(end - digits.data()), rapidjson::kNumberType);
  }
  [[noreturn]] void refuse(std::string_view what) {
    throw std::domain_error(
        fmt::format("JSON cannot say field {}: {}", field_.empty() ? "(the value itself)" : field_, what));
  }

  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> writer_{buffer_};
  std::string scratch_;
  std::string_view field_;  // the last one begun, for messages
};

}  // namespace

void encode_json(const TypeInfo& type, const void* value, std::string& out) {
  thread_local Encoder encoder;
  encoder.run(type, value, out);
}

}  // namespace cryptostream

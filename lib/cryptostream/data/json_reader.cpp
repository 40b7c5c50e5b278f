// decode_json: RapidJSON's events put where the schema says.
#include <cryptostream/core/decimal.h>
#include <cryptostream/core/timestamp.h>
#include <cryptostream/data/json.h>
#include <cryptostream/data/json_stream.h>
#include <cryptostream/data/utf8.h>

// A namespace of our own, so that a program may use another RapidJSON, or ours with other settings.
#define RAPIDJSON_NAMESPACE cryptostream_rapidjson
#define RAPIDJSON_NAMESPACE_BEGIN namespace cryptostream_rapidjson {
#define RAPIDJSON_NAMESPACE_END }
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include <array>
#include <atomic>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>
#include <optional>

// Lets RapidJSON keep the stream in registers while it reads a string or number.
template <>
struct cryptostream_rapidjson::StreamTraits<cryptostream::detail::JsonStream> {
  enum { copyOptimization = 1 };
};

namespace cryptostream {

namespace rapidjson = ::cryptostream_rapidjson;

namespace {

std::atomic<std::uint64_t> rounded_count{0};

// How many bytes must be readable behind a text, so that a name can be loaded as one number.
constexpr std::size_t name_padding = 8;

// What a kind looks like in JSON, for messages.
std::string expected(const TypeInfo& type) {
  switch (type.kind) {
    case Kind::boolean:
      return "true or false";
    case Kind::int32:
    case Kind::int64:
      return "an integer";
    case Kind::float64:
      return "a number";
    case Kind::text:
      return "text";
    case Kind::decimal:
      return "a decimal number";
    case Kind::timestamp:
      return "a timestamp (integer milliseconds)";
    case Kind::enumeration: {
      std::string all = "one of";
      for (auto text : type.texts) all += fmt::format(" \"{}\"", text);
      return all;
    }
    case Kind::optional:
      return expected(*type.inner);
    case Kind::list:
      return "a list";
    case Kind::map:
      return "an object";
    case Kind::object:
      return fmt::format("an object ({})", type.name);
  }
  return {};
}

// The beginning of a text from outside, fit for a message.
std::string quoted(std::string_view text) {
  constexpr std::size_t longest = 40;
  auto shown = text.substr(0, longest);
  shown = shown.substr(0, utf8_prefix(shown));
  std::string out = "\"";
  for (char c : shown) out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
  return out + (shown.size() < text.size() ? "…\"" : "\"");
}

// Receives RapidJSON's events and puts each value where the schema says. Works in place on a copy of the text, so that
// no event copies.
class Decoder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Decoder> {
 public:
  Decoder(const TypeInfo& type, void* into, char* text, std::size_t size)
      : root_{&type, into},
        text_(text),
        size_(size),
        stream_(text),
        has_escapes_(std::memchr(text, '\\', size) != nullptr) {
    frames_[0].type = nullptr;
  }

  Result<void> run() {
    // Recursion is bounded: the handler refuses what is nested too deep before RapidJSON descends.
    rapidjson::Reader reader;
    auto result = reader.Parse<rapidjson::kParseInsituFlag>(stream_, *this);
    if (error_) [[unlikely]]
      return fail(std::move(*error_));
    if (!result) [[unlikely]]
      return fail(ErrorKind::bad_record,
                  fmt::format("not JSON at byte {}: {}", result.Offset(), rapidjson::GetParseError_En(result.Code())));
    if (stream_.Tell() != size_) [[unlikely]]
      return fail(ErrorKind::bad_record, fmt::format("not JSON at byte {}: a zero byte", stream_.Tell()));
    return {};
  }

  bool Null() {
    Target target = next();
    if (!target.type) return true;
    if (target.type->kind != Kind::optional) [[unlikely]]
      return wrong(*target.type, here(4), "null");
    target.type->optional_reset(target.value);
    return true;
  }

  bool Bool(bool value) {
    Target target = next_present();
    if (!target.type) return true;
    if (target.type->kind != Kind::boolean) [[unlikely]]
      return wrong(*target.type, here(value ? 4 : 5), value ? "true" : "false");
    *static_cast<bool*>(target.value) = value;
    return true;
  }

  bool Int(int value) { return integer(value); }
  bool Uint(unsigned value) { return integer(value); }
  bool Int64(std::int64_t value) { return integer(value); }
  bool Uint64(std::uint64_t value) {
    // Twice as far as any of our integers.
    return value <= std::uint64_t{std::numeric_limits<std::int64_t>::max()} ? integer(static_cast<std::int64_t>(value))
                                                                            : Double(0);
  }

  // Not an integer of 64 bits. What RapidJSON made of it is not exact: the text is.
  bool Double(double) {
    const std::string_view text = number_text();
    const auto at = here(0);
    if (text.size() > max_json_number) [[unlikely]]
      return failed(at, fmt::format("a number of {} characters, {} are the limit", text.size(), max_json_number));
    Target target = next_present();
    if (!target.type) return true;
    switch (target.type->kind) {
      case Kind::decimal:
        return decimal(target, text, at);
      case Kind::float64: {
        auto parsed = std::from_chars(text.data(), text.data() + text.size(), *static_cast<double*>(target.value));
        if (parsed.ec == std::errc()) return true;
        [[fallthrough]];
      }
      default:
        return wrong_number(*target.type);
    }
  }

  bool String(const char* begin, rapidjson::SizeType length, bool) {
    Target target = next_present();
    if (!target.type) return true;
    const std::string_view text(begin, length);
    // RapidJSON lets a lone second half of a surrogate pair pass.
    if (has_escapes_ && !valid_utf8(text)) [[unlikely]]
      return failed(offset(begin), "an escape that is no character");
    switch (target.type->kind) {
      case Kind::text:
        static_cast<std::string*>(target.value)->assign(text);
        return true;
      case Kind::decimal:
        return decimal(target, text, offset(begin) - 1);
      case Kind::enumeration:
        for (std::size_t i = 0; i < target.type->texts.size(); ++i)
          if (target.type->texts[i] == text) {
            target.type->enum_assign(target.value, i);
            return true;
          }
        [[fallthrough]];
      default:
        return wrong(*target.type, offset(begin) - 1, quoted(text));
    }
  }

  bool StartObject() {
    Target target = next_present();
    if (target.type && target.type->kind != Kind::object && target.type->kind != Kind::map) [[unlikely]]
      return wrong(*target.type, here(1), "an object");
    if (target.type && target.type->kind == Kind::map) target.type->map_clear(target.value);
    return push(target);
  }

  bool Key(const char* begin, rapidjson::SizeType length, bool) {
    Frame& frame = *top_;
    if (!frame.type) return true;
    const std::string_view name(begin, length);
    if (has_escapes_ && !valid_utf8(name)) [[unlikely]]
      return failed(offset(begin), "an escape that is no character");
    if (frame.type->kind == Kind::map) {
      frame.key = begin;
      frame.key_length = length;
      frame.element = frame.type->map_emplace(frame.value, name);
      if (!frame.element) [[unlikely]]
        return failed(offset(begin) - 1, "twice in one object");
      return true;
    }
    frame.field = find(frame, name);
    if (frame.field == no_field) return true;
    frame.expected = frame.field + 1;
    const std::uint64_t bit = std::uint64_t{1} << frame.field;
    if (frame.seen & bit) [[unlikely]]
      return failed(offset(begin) - 1, "twice in one object");
    frame.seen |= bit;
    return true;
  }

  bool EndObject(rapidjson::SizeType) {
    Frame& frame = *top_;
    if (frame.type && frame.type->kind == Kind::object) {
      const auto fields = frame.type->fields;
      const std::uint64_t all = ~std::uint64_t{0} >> (64 - fields.size());
      for (std::uint64_t missing = all & ~frame.seen; missing; missing &= missing - 1) {
        frame.field = static_cast<std::size_t>(__builtin_ctzll(missing));
        const Field& field = fields[frame.field];
        if (!field.optional()) [[unlikely]]
          return failed(here(1), "missing from the object that ends here");
        field.type->optional_reset(field.get_mutable(frame.value));
      }
    }
    --top_;
    return true;
  }

  bool StartArray() {
    Target target = next_present();
    if (target.type && target.type->kind != Kind::list) [[unlikely]]
      return wrong(*target.type, here(1), "a list");
    return push(target);
  }

  bool EndArray(rapidjson::SizeType size) {
    if (top_->type) top_->type->list_truncate(top_->value, size);
    --top_;
    return true;
  }

 private:
  struct Target {
    const TypeInfo* type;  // null: nobody wants it
    void* value;
  };
  static constexpr std::size_t no_field = 64;
  // An object, map or list that is open. `type` null: it is being skipped.
  struct Frame {
    const TypeInfo* type;
    void* value;
    std::uint64_t seen;    // object: a bit for each field met
    std::size_t field;     // object: where the next value goes; list: how many elements have begun
    std::size_t expected;  // object: the field that follows the last one
    void* element;         // map: where the next value goes
    const char* key;       // map: of the last member
    std::size_t key_length;
  };

  // Where the value that comes now belongs.
  Target next() {
    if (top_ == frames_.data()) return root_;
    Frame& frame = *top_;
    if (!frame.type) return {nullptr, nullptr};
    switch (frame.type->kind) {
      case Kind::object: {
        if (frame.field == no_field) return {nullptr, nullptr};
        const Field& field = frame.type->fields[frame.field];
        return {field.type, field.get_mutable(frame.value)};
      }
      case Kind::list:
        return {frame.type->inner, frame.type->list_reuse(frame.value, frame.field++)};
      default:
        return {frame.type->inner, frame.element};
    }
  }

  // The same, inside an optional.
  Target next_present() {
    Target target = next();
    while (target.type && target.type->kind == Kind::optional) {
      target.value = target.type->optional_emplace(target.value);
      target.type = target.type->inner;
    }
    return target;
  }

  bool push(Target target) {
    if (top_ == frames_.data() + max_json_depth) [[unlikely]] {
      error_.emplace(ErrorKind::bad_record, fmt::format("nested deeper than {} at byte {}", max_json_depth, here(1)));
      return false;
    }
    ++top_;
    top_->type = target.type;
    top_->value = target.value;
    top_->seen = 0;
    top_->field = target.type && target.type->kind == Kind::object ? no_field : 0;
    top_->expected = 0;
    return true;
  }

  // Members mostly come in schema order: look at the one that is due first, then all around. Short names are compared
  // as one number.
  static std::size_t find(const Frame& frame, std::string_view name) {
    const auto fields = frame.type->fields;
    const std::uint64_t head = head_of(name);
    for (std::size_t tried = 0, i = frame.expected; tried < fields.size(); ++tried, ++i) {
      if (i >= fields.size()) i = 0;
      if (fields[i].head == head && fields[i].name.size() == name.size() && (name.size() < 8 || fields[i].name == name))
        return i;
    }
    return no_field;
  }
  // name_head() of a name in the text.
  static std::uint64_t head_of(std::string_view name) {
    std::uint64_t head;
    std::memcpy(&head, name.data(), 8);
    if constexpr (std::endian::native == std::endian::big) head = __builtin_bswap64(head);
    if (name.size() >= 8) return head;
    const std::uint64_t behind = std::uint64_t{1} << (8 * name.size());
    return (head & (behind - 1)) | behind * '"';
  }

  bool integer(std::int64_t value) {
    Target target = next_present();
    if (!target.type) return true;
    switch (target.type->kind) {
      case Kind::int64:
        *static_cast<std::int64_t*>(target.value) = value;
        return true;
      case Kind::timestamp:
        static_cast<Timestamp*>(target.value)->ms = value;
        return true;
      case Kind::decimal:
        *static_cast<Decimal*>(target.value) = Decimal(value);
        return true;
      case Kind::float64:
        *static_cast<double*>(target.value) = static_cast<double>(value);
        return true;
      case Kind::int32:
        *static_cast<std::int32_t*>(target.value) = static_cast<std::int32_t>(value);
        if (*static_cast<std::int32_t*>(target.value) == value) return true;
        [[fallthrough]];
      default:
        return wrong_number(*target.type);
    }
  }

  // The number whose event this is. RapidJSON reads numbers through a copy of the stream, so that the stream still
  // stands before it.
  std::string_view number_text() const {
    const char* begin = text_ + stream_.Tell();
    return {begin, std::strspn(begin, "0123456789+-.eE")};
  }

  bool wrong_number(const TypeInfo& type) {
    const auto text = number_text();
    const bool whole = text.find_first_of(".eE") == std::string_view::npos;
    const int bits = type.kind == Kind::int32 ? 32 : type.kind == Kind::int64 || type.kind == Kind::timestamp ? 64 : 0;
    if (whole && bits) return failed(here(0), fmt::format("{} does not fit into {} bits", text.substr(0, 40), bits));
    return wrong(type, here(0), fmt::format("number {}", text.substr(0, 40)));
  }

  bool decimal(const Target& target, std::string_view text, std::size_t at) {
    bool rounded = false;
    auto parsed = Decimal::parse(text, &rounded);
    if (!parsed) [[unlikely]]
      return failed(at, parsed.error().message());
    if (rounded) [[unlikely]]
      rounded_count.fetch_add(1, std::memory_order_relaxed);
    *static_cast<Decimal*>(target.value) = *parsed;
    return true;
  }

  std::size_t offset(const char* at) const { return static_cast<std::size_t>(at - text_); }
  std::size_t here(std::size_t back) const { return stream_.Tell() - back; }

  bool wrong(const TypeInfo& type, std::size_t at, std::string_view found) {
    return failed(at, fmt::format("{} expected, {} found", expected(type), found));
  }

  bool failed(std::size_t at, std::string_view what) {
    std::string path;
    for (const Frame* frame = frames_.data() + 1; frame <= top_ && frame->type; ++frame) {
      switch (frame->type->kind) {
        case Kind::object:
          if (frame->field == no_field) break;
          if (!path.empty()) path += '.';
          path += frame->type->fields[frame->field].name;
          break;
        case Kind::list:
          path += fmt::format("[{}]", frame->field - 1);
          break;
        default:
          path += fmt::format("[{}]", quoted({frame->key, frame->key_length}));
          break;
      }
    }
    error_.emplace(ErrorKind::bad_record, path.empty() ? fmt::format("at byte {}: {}", at, what)
                                                       : fmt::format("field {} at byte {}: {}", path, at, what));
    return false;
  }

  Target root_;
  const char* text_;
  std::size_t size_;
  detail::JsonStream stream_;
  bool has_escapes_;
  std::optional<Error> error_;
  std::array<Frame, max_json_depth + 1> frames_;  // the first stands for what is outside
  Frame* top_ = frames_.data();
};

// What a giant left in a thread's buffer is given back.
constexpr std::size_t most_kept = 1 << 20;

}  // namespace

Result<void> decode_json(const TypeInfo& type, std::string_view text, void* into) {
  if (auto valid = utf8_prefix(text); valid != text.size()) [[unlikely]]
    return fail(ErrorKind::bad_record, fmt::format("not UTF-8 at byte {}", valid));
  thread_local std::string buffer;
  buffer.assign(text);
  buffer.append(1 + name_padding, '\0');
  auto result = Decoder(type, into, buffer.data(), text.size()).run();
  if (buffer.capacity() > most_kept) [[unlikely]]
    std::string().swap(buffer);
  return result;
}

std::uint64_t json_decimals_rounded() { return rounded_count.load(std::memory_order_relaxed); }

}  // namespace cryptostream

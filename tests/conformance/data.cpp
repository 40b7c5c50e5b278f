#include "data.h"

#include <cryptostream/data/windowed_serde.h>

namespace conformance {
namespace {

using namespace cryptostream;

template <class T>
struct PlainSerde {
  typename DefaultSerde<T>::type serde{};
  void encode(const Data& value, std::string& out) const {
    const auto* content = std::get_if<T>(&value.content);
    if (!content) throw std::runtime_error("\"" + text(value) + "\" is of another type than its serde");
    serde.encode(*content, out);
  }
  Result<void> decode(BytesView bytes, Data& into) const {
    T content{};
    CRYPTOSTREAM_TRY(serde.decode(bytes, content));
    into.content = std::move(content);
    return {};
  }
};

template <class S>
struct WindowedKeySerde {
  S serde;
  void encode(const Data& value, std::string& out) const { serde.encode(to_windowed(value), out); }
  Result<void> decode(BytesView bytes, Data& into) const {
    Windowed<Data> windowed;
    CRYPTOSTREAM_TRY(serde.decode(bytes, windowed));
    into = from_windowed(windowed);
    return {};
  }
  BytesView partition_part(BytesView encoded) const { return serde.partition_part(encoded); }
};

}  // namespace

bool WindowedData::operator==(const WindowedData& other) const { return *key == *other.key && window == other.window; }

Windowed<Data> to_windowed(const Data& data) {
  const auto* content = std::get_if<WindowedData>(&data.content);
  if (!content) throw std::runtime_error("\"" + text(data) + "\" is no windowed key");
  return {*content->key, content->window};
}

Data from_windowed(const Windowed<Data>& windowed) {
  return {WindowedData{std::make_shared<const Data>(windowed.key), windowed.window}};
}

std::string text(const Data& data) {
  if (const auto* string = std::get_if<std::string>(&data.content)) return *string;
  if (const auto* number = std::get_if<std::int64_t>(&data.content)) return std::to_string(*number);
  const auto& windowed = std::get<WindowedData>(data.content);
  return text(*windowed.key) + "@" + std::to_string(windowed.window.start.ms) + "/" +
         std::to_string(windowed.window.end.ms);
}

std::string text(const Value& value) { return value ? text(*value) : "null"; }

DataType::DataType(Kind kind, Type key, std::chrono::milliseconds size) : kind_(kind), key_(std::move(key)) {
  switch (kind) {
    case Kind::text:
      serde_.emplace(PlainSerde<std::string>());
      break;
    case Kind::number:
      serde_.emplace(PlainSerde<std::int64_t>());
      break;
    case Kind::time_windowed:
      serde_.emplace(WindowedKeySerde<TimeWindowedSerde<Data>>{{key_->serde(), size}});
      break;
    case Kind::session_windowed:
      serde_.emplace(WindowedKeySerde<SessionWindowedSerde<Data>>{SessionWindowedSerde<Data>(key_->serde())});
      break;
  }
}

const Type& DataType::text() {
  static const Type type(new DataType(Kind::text, {}, {}));
  return type;
}

const Type& DataType::number() {
  static const Type type(new DataType(Kind::number, {}, {}));
  return type;
}

const Type& DataType::named(const std::string& name) {
  if (name == "string") return text();
  if (name == "long") return number();
  throw ScenarioError("unknown serde: " + name);
}

Type DataType::time_windowed(const Type& key, std::chrono::milliseconds size) {
  return Type(new DataType(Kind::time_windowed, key, size));
}

Type DataType::session_windowed(const Type& key) { return Type(new DataType(Kind::session_windowed, key, {})); }

namespace {
struct UnwrappedSerde {
  Serde<Data> serde;
  void encode(const Windowed<Data>& value, std::string& out) const { serde.encode(from_windowed(value), out); }
  Result<void> decode(BytesView bytes, Windowed<Data>& into) const {
    Data data;
    CRYPTOSTREAM_TRY(serde.decode(bytes, data));
    into = to_windowed(data);
    return {};
  }
  BytesView partition_part(BytesView encoded) const { return serde.partition_part(encoded); }
};
}  // namespace

Serde<Windowed<Data>> DataType::windowed_serde() const {
  if (!windowed()) throw std::logic_error("suppress until windows close needs a windowed table");
  return UnwrappedSerde{*serde_};
}

Data DataType::decode(BytesView bytes) const {
  Data into;
  if (auto decoded = serde_->decode(bytes, into); !decoded) throw std::runtime_error(decoded.error().message());
  return into;
}

}  // namespace conformance

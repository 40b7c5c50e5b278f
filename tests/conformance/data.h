// The dynamic keys and values of scenarios, and their types: how each is written as bytes and as JSON.
#pragma once

#include <cryptostream/data/serde.h>
#include <cryptostream/data/windows.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>

namespace conformance {

/// The scenario itself is wrong: not the topology, not the run.
struct ScenarioError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Data;

struct WindowedData {
  std::shared_ptr<const Data> key;
  cryptostream::Window window{};
  bool operator==(const WindowedData& other) const;
};

/// A string, a long, or one of these within a window.
struct Data {
  std::variant<std::string, std::int64_t, WindowedData> content;
  bool operator==(const Data&) const = default;
};

using Value = std::optional<Data>;

inline Data data(std::string text) { return {std::move(text)}; }
inline Data data(std::int64_t number) { return {number}; }

cryptostream::Windowed<Data> to_windowed(const Data& data);
Data from_windowed(const cryptostream::Windowed<Data>& windowed);

/// "abc", "12", "key@start/end".
std::string text(const Data& data);
/// The same; "null".
std::string text(const Value& value);

class DataType;
using Type = std::shared_ptr<const DataType>;

class DataType {
 public:
  enum class Kind : std::uint8_t { text, number, time_windowed, session_windowed };

  static const Type& text();
  static const Type& number();
  /// "string" or "long".
  static const Type& named(const std::string& name);
  static Type time_windowed(const Type& key, std::chrono::milliseconds size);
  static Type session_windowed(const Type& key);

  Kind kind() const { return kind_; }
  bool windowed() const { return kind_ == Kind::time_windowed || kind_ == Kind::session_windowed; }
  const Type& key() const { return key_; }
  /// One and the same for all ops on this type.
  const cryptostream::Serde<Data>& serde() const { return *serde_; }
  /// Of windowed types.
  cryptostream::Serde<cryptostream::Windowed<Data>> windowed_serde() const;
  Data decode(cryptostream::BytesView bytes) const;

 private:
  DataType(Kind kind, Type key, std::chrono::milliseconds size);
  Kind kind_;
  Type key_;
  std::optional<cryptostream::Serde<Data>> serde_;
};

}  // namespace conformance

// A topic's name with the types and serdes of its records, written once.
#pragma once

#include <cryptostream/data/serde.h>

#include <optional>
#include <string>

namespace cryptostream {

/// T without the std::optional around it.
template <class T>
struct StripOptional {
  using type = T;
  static constexpr bool optional = false;
};
template <class T>
struct StripOptional<std::optional<T>> {
  using type = T;
  static constexpr bool optional = true;
};
template <class T>
using strip_optional_t = typename StripOptional<T>::type;
template <class T>
constexpr bool is_optional_v = StripOptional<T>::optional;

/// What a value points to if it is there; null where an optional is empty.
template <class T>
const strip_optional_t<T>* address_of(const T& value) {
  if constexpr (is_optional_v<T>) {
    return value ? &*value : nullptr;
  } else {
    return &value;
  }
}
/// True unless an optional is empty.
template <class T>
bool present(const T& value) {
  return address_of(value) != nullptr;
}
/// The value itself, which must be present.
template <class T>
const strip_optional_t<T>& unwrap(const T& value) {
  return *address_of(value);
}

/// A topic whose keys are K and values V. `std::optional` on either side says that nulls are expected there; otherwise
/// a null is a bad record. Named for Kafka, but the same on every broker.
template <class K, class V>
class KafkaTopic {
 public:
  using Key = K;
  using Value = V;

  explicit KafkaTopic(std::string name)
      : KafkaTopic(std::move(name), required_serde<strip_optional_t<K>>(), required_serde<strip_optional_t<V>>()) {}
  KafkaTopic(std::string name, Serde<strip_optional_t<K>> key_serde, Serde<strip_optional_t<V>> value_serde)
      : name_(std::move(name)), key_serde_(std::move(key_serde)), value_serde_(std::move(value_serde)) {}

  const std::string& name() const { return name_; }
  const Serde<strip_optional_t<K>>& key_serde() const { return key_serde_; }
  const Serde<strip_optional_t<V>>& value_serde() const { return value_serde_; }

 private:
  std::string name_;
  Serde<strip_optional_t<K>> key_serde_;
  Serde<strip_optional_t<V>> value_serde_;
};

}  // namespace cryptostream

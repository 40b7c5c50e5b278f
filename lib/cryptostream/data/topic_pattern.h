// Topics by a pattern of their names, with the types and serdes of their records.
#pragma once

#include <cryptostream/data/topic.h>

#include <memory>
#include <string>
#include <string_view>

namespace cryptostream {

/// A regular expression (ECMAScript's, which has what Java's patterns of names commonly use) for whole names. Cheap to
/// copy.
class NamePattern {
 public:
  /// Throws std::invalid_argument if `text` is no regular expression.
  explicit NamePattern(std::string text);
  const std::string& text() const;
  bool matches(std::string_view name) const;

 private:
  struct Compiled;
  std::shared_ptr<const Compiled> compiled_;
};

/// All topics whose names match, with keys K and values V as in KafkaTopic.
template <class K, class V>
class TopicPattern {
 public:
  explicit TopicPattern(std::string pattern)
      : TopicPattern(std::move(pattern), required_serde<strip_optional_t<K>>(), required_serde<strip_optional_t<V>>()) {
  }
  TopicPattern(std::string pattern, Serde<strip_optional_t<K>> key_serde, Serde<strip_optional_t<V>> value_serde)
      : names_(std::move(pattern)), key_serde_(std::move(key_serde)), value_serde_(std::move(value_serde)) {}

  const NamePattern& names() const { return names_; }
  const Serde<strip_optional_t<K>>& key_serde() const { return key_serde_; }
  const Serde<strip_optional_t<V>>& value_serde() const { return value_serde_; }

 private:
  NamePattern names_;
  Serde<strip_optional_t<K>> key_serde_;
  Serde<strip_optional_t<V>> value_serde_;
};

}  // namespace cryptostream

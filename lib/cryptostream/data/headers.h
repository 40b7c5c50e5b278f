// Headers of a record: an ordered list of names with bytes or null, kept packed so that carrying them along is one
// copy.
#pragma once

#include <cryptostream/core/bytes.h>

#include <cstdint>
#include <cstring>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

namespace cryptostream {

/// One header: its name and its bytes or null.
struct Header {
  std::string_view name;
  OptionalBytesView value;
};

/// A view of packed headers: for each, int32 length and bytes of the name, int32 length (-1: null) and bytes of the
/// value, in native byte order. Valid as long as what it looks at. Names may repeat; order is kept.
class HeadersView {
 public:
  class iterator {
   public:
    using value_type = Header;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;
    using pointer = void;
    using reference = Header;

    iterator() = default;
    explicit iterator(const char* at) : at_(at) {}
    Header operator*() const {
      auto name_length = length(at_);
      const char* value = at_ + 4 + name_length;
      auto value_length = length(value);
      return {{at_ + 4, static_cast<std::size_t>(name_length)},
              value_length < 0
                  ? OptionalBytesView()
                  : OptionalBytesView(std::string_view(value + 4, static_cast<std::size_t>(value_length)))};
    }
    iterator& operator++() {
      const char* value = at_ + 4 + length(at_);
      auto value_length = length(value);
      at_ = value + 4 + (value_length < 0 ? 0 : value_length);
      return *this;
    }
    iterator operator++(int) {
      auto old = *this;
      ++*this;
      return old;
    }
    bool operator==(const iterator&) const = default;

   private:
    static std::int32_t length(const char* at) {
      std::int32_t value;
      std::memcpy(&value, at, 4);
      return value;
    }
    const char* at_ = nullptr;
  };

  HeadersView() = default;
  explicit HeadersView(std::string_view packed) : packed_(packed) {}

  iterator begin() const { return iterator(packed_.data()); }
  iterator end() const { return iterator(packed_.data() + packed_.size()); }
  bool empty() const { return packed_.empty(); }
  std::string_view packed() const { return packed_; }

  /// The last header of this name, as Kafka's lastHeader; nothing if there is none or its value is null.
  OptionalBytesView last(std::string_view name) const {
    OptionalBytesView found;
    for (auto header : *this)
      if (header.name == name) found = header.value;
    return found;
  }

  /// True if `packed` is well formed: for bytes that come from outside the process.
  static bool valid(std::string_view packed);

 private:
  std::string_view packed_;
};

/// Headers that own their bytes.
class Headers {
 public:
  Headers() = default;
  explicit Headers(HeadersView view) : packed_(view.packed()) {}

  Headers& add(std::string_view name, OptionalBytesView value) {
    append(name);
    if (value) {
      append(*value);
    } else {
      append_length(-1);
    }
    return *this;
  }
  void assign(HeadersView view) { packed_.assign(view.packed()); }
  void clear() { packed_.clear(); }
  HeadersView view() const { return HeadersView(packed_); }
  operator HeadersView() const { return view(); }  // NOLINT: a view of it is what everybody takes
  bool empty() const { return packed_.empty(); }

 private:
  void append_length(std::int32_t length) { packed_.append(reinterpret_cast<const char*>(&length), 4); }
  void append(std::string_view bytes) {
    append_length(static_cast<std::int32_t>(bytes.size()));
    packed_.append(bytes);
  }
  std::string packed_;
};

inline bool HeadersView::valid(std::string_view packed) {
  auto take = [&](bool may_be_null) {
    if (packed.size() < 4) return false;
    std::int32_t length;
    std::memcpy(&length, packed.data(), 4);
    packed.remove_prefix(4);
    if (length == -1 && may_be_null) return true;
    if (length < 0 || static_cast<std::size_t>(length) > packed.size()) return false;
    packed.remove_prefix(static_cast<std::size_t>(length));
    return true;
  };
  while (!packed.empty())
    if (!take(false) || !take(true)) return false;
  return true;
}

}  // namespace cryptostream

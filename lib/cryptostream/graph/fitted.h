// Passes a value on where the type differs by a std::optional only.
#pragma once

#include <cryptostream/data/topic.h>

#include <optional>
#include <type_traits>
#include <variant>

namespace cryptostream {

/// Gives a From as a To: the same type, or one that may be absent where the other may not. Copies only to widen.
template <class To, class From>
class Fitted {
  static constexpr bool widens = !is_optional_v<From> && is_optional_v<To>;
  static_assert(std::is_same_v<strip_optional_t<To>, strip_optional_t<From>>);

 public:
  /// Valid until the next call and as long as `from`, which must be present where To cannot be absent.
  const To& operator()(const From& from) {
    if constexpr (widens) {
      slot_ = from;
      return slot_;
    } else if constexpr (is_optional_v<From> && !is_optional_v<To>) {
      return *from;
    } else {
      return from;
    }
  }

 private:
  std::conditional_t<widens, To, std::monostate> slot_{};
};

}  // namespace cryptostream

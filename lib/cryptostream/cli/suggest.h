// "Did you mean …?" for a word that is none of those known.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cryptostream::cli {

/// Number of letters to insert, delete, replace or swap with a neighbour to make `a` of `b`.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The known word nearest to `word`, if it is near enough to be meant.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> known);

/// " (did you mean `run`?)", or nothing.
std::string did_you_mean(std::string_view word, std::span<const std::string> known);

}  // namespace cryptostream::cli

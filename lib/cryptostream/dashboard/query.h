// What follows '?' in a request: parameters by name, decoded. Private to the module.
#pragma once

#include <cryptostream/core/result.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace cryptostream::dashboard {

/// Parameters of one request. What is wrong with them is an Error of kind usage, fit to be sent to the client.
class Query {
 public:
  /// Errors: a bad %-escape, a parameter twice, text that is not UTF-8, more than 32 parameters.
  static Result<Query> parse(std::string_view text);

  /// Nothing where it is not given, or empty.
  std::optional<std::string> text(const std::string& name) const;
  Result<std::optional<std::int64_t>> integer(const std::string& name, std::int64_t least, std::int64_t most) const;

 private:
  std::map<std::string, std::string> values_;
};

/// ^[A-Za-z0-9._-]{1,32}$
bool good_symbol(std::string_view text);
/// ^[A-Z]{3,5}$
bool good_currency(std::string_view text);

}  // namespace cryptostream::dashboard

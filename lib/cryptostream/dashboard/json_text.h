// Single values as JSON text, for answers that are put together by hand. Private to the module.
#pragma once

#include <cryptostream/data/json.h>
#include <cryptostream/data/schema.h>

#include <fmt/format.h>

#include <cmath>
#include <string>

namespace cryptostream::dashboard {

template <class T>
std::string json(const T& value) {
  std::string out;
  encode_json(type_of<T>(), &value, out);
  return out;
}

/// null for what JSON has no number for.
inline std::string number(double value) { return std::isfinite(value) ? fmt::format("{}", value) : "null"; }

}  // namespace cryptostream::dashboard

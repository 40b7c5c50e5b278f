// Single values as JSON text, for answers that are put together by hand. Private to the module.
#pragma once

#include <cryptostream/data/json.h>
#include <cryptostream/data/schema.h>

#include <string>

namespace cryptostream::dashboard {

template <class T>
std::string json(const T& value) {
  std::string out;
  encode_json(type_of<T>(), &value, out);
  return out;
}

/// null for what JSON has no number for.
std::string number(double value);

}  // namespace cryptostream::dashboard

// The library of named pure functions that scenarios use.
#pragma once

#include "data.h"

#include <functional>
#include <string>
#include <vector>

namespace conformance {

using Predicate = std::function<bool(const Value& key, const Value& value)>;

struct Mapper {
  enum class Gives : std::uint8_t { key, value, text, number };
  Gives gives = Gives::text;
  std::function<Value(const Value& key, const Value& value)> function;
  Type type(const Type& key, const Type& value) const;
};

using Flattener = std::function<std::vector<Value>(const Value& value)>;
using Joiner = std::function<Value(const Value& key, const Value& left, const Value& right)>;
using Initializer = std::function<Value()>;
using Merger = std::function<Value(const Value& one, const Value& two)>;

struct Aggregator {
  Type type;
  std::function<Value(const Value& value, const Value& aggregate)> function;
};

struct Reducer {
  Type type;
  std::function<Value(const Value& aggregate, const Value& value)> function;
};

/// Unknown names throw ScenarioError.
const Predicate& predicate(const std::string& name);
const Mapper& mapper(const std::string& name);
const Flattener& flattener(const std::string& name);
const Joiner& joiner(const std::string& name);
const Initializer& initializer(const std::string& name);
const Aggregator& aggregator(const std::string& name);
const Reducer& reducer(const std::string& name);
const Merger& merger(const std::string& name);

}  // namespace conformance

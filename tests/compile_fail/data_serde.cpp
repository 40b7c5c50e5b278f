// Topics of types that have no serde, and types that cannot be described.
#include <cryptostream/data/topic.h>

namespace cs = cryptostream;

// BAD 1: cryptostream: this type has no default serde; give it a schema (CRYPTOSTREAM_SCHEMA) or pass a Serde for it
// BAD 2: cryptostream: a field may be bool, int32_t, int64_t

#ifndef BAD
#define BAD 0
#endif

struct Quote {
  std::string symbol;
};
#if BAD != 1
CRYPTOSTREAM_SCHEMA(Quote, symbol)
#endif

const cs::KafkaTopic<std::string, Quote> quotes{"quotes"};

#if BAD == 2
const cs::TypeInfo& list = cs::type_of<std::vector<float>>();
#else
const cs::TypeInfo& list = cs::type_of<std::vector<double>>();
#endif

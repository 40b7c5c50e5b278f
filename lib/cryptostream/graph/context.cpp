#include <cryptostream/graph/context.h>

namespace cryptostream {

std::string_view to_string(Place place) {
  switch (place) {
    case Place::decode:
      return "decode";
    case Place::function:
      return "function";
    case Place::encode:
      return "encode";
    case Place::sink:
      return "sink";
  }
  return "unknown";
}

}  // namespace cryptostream

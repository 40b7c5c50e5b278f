// The one cluster of the program.
#include "kafka_log.h"

#include <kafka_server.h>

namespace conformance {

std::string kafka_address() {
  static testing_servers::KafkaServer server(1, {"message.max.bytes=140000000", "socket.request.max.bytes=200000000"});
  return server.address();
}

}  // namespace conformance

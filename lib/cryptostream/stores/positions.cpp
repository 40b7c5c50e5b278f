#include <cryptostream/stores/positions.h>
#include <cryptostream/stores/table_name.h>

#include <fmt/format.h>

namespace cryptostream {

Error other_log_error(std::string_view target, const SinkTask& task, std::string_view stored_log_id,
                      std::int64_t stored_position, std::string_view forget) {
  return {ErrorKind::configuration,
          fmt::format("{} holds position {} of topic {} partition {} in another log: it was written from log {}, this "
                      "is log {}. Either the "
                      "log was deleted and made again, or the sink points at the data of another log. To go on, use "
                      "the former log; to "
                      "start over with this one (rows already written stay), {}; or choose another table",
                      target, stored_position, task.topic, task.partition, stored_log_id, task.log_id, forget)};
}

Error fenced_error(std::string_view target, const SinkTask& task) {
  return {ErrorKind::fenced,
          fmt::format("{}: another process took over sink {} for topic {} partition {}; this one stops without "
                      "writing. Run one instance, or give the second another application id",
                      target, task.sink, task.topic, task.partition)};
}

std::string forget_statement(const SinkTask& task) {
  return fmt::format("DELETE FROM {} WHERE sink = {} AND topic = {} AND part = {};", positions_table,
                     quote_literal(task.sink), quote_literal(task.topic), task.partition);
}

}  // namespace cryptostream

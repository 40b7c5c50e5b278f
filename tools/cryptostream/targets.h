// Targets of records: `--to` and the options that go with it.
#pragma once

#include <cryptostream/cli/settings.h>
#include <cryptostream/core/log.h>
#include <cryptostream/dsl/streams_builder.h>
#include <cryptostream/stores/any_sink.h>

#include <string>
#include <vector>

namespace cryptostream::tool {

/// What --table, --mode and --key say; the table is the topic's name by default.
Result<AnySinkOptions> sink_options(const cli::Settings& settings);

/// The URI as a sink wants it: a plain `postgres` becomes postgres-url where a config file sets that.
std::string target_uri(const cli::Settings& settings, const std::string& uri);

/// "postgres" of postgres://host/db.
std::string scheme_of(const std::string& uri);

/// Refuses (usage) two targets of one kind: progress is kept under the kind's name.
Result<void> expect_kinds_to_differ(const std::vector<std::string>& uris);

/// Whether `uri` can be a target of quotes. Contacts nothing.
Result<void> check_target(const cli::Settings& settings, const std::string& uri);

/// Says once, in the log, that a password in a flag can be seen by other users.
void warn_of_passwords(const cli::Settings& settings);

/// The same target for invented prices: another file beside it, or for databases another table (in `options`).
std::string simulated_twin(const std::string& uri);

/// Ends `stream` in the target. `value` describes V; it must outlive the topology.
template <class K, class V>
Result<void> to_target(const Stream<K, V>& stream, const cli::Settings& settings, const std::string& uri,
                       const AnySinkOptions& options, const TypeInfo& value) {
  CRYPTOSTREAM_TRY_ASSIGN(
      auto sink, (AnySink<V, std::string>::make(target_uri(settings, uri), options, value, &type_of<std::string>())));
  log(LogLevel::info, "target", "{}", sink.description());
  stream.to(std::move(sink));  // under the sink's own name: positions must not depend on what else is written to
  return {};
}

}  // namespace cryptostream::tool

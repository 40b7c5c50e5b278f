// The subcommands, a file each.
#pragma once

#include <cryptostream/cli/settings.h>
#include <cryptostream/core/result.h>

#include <string>
#include <vector>

namespace cryptostream::tool {

using Words = std::vector<std::string>;

Result<void> run(const cli::Settings& settings, const Words& words);
Result<void> ingest(const cli::Settings& settings, const Words& words);
Result<void> process(const cli::Settings& settings, const Words& words);
Result<void> sink(const cli::Settings& settings, const Words& words);
Result<void> topic_list(const cli::Settings& settings);
Result<void> topic_tail(const cli::Settings& settings, const Words& words);
Result<void> group_list(const cli::Settings& settings);
Result<void> group_describe(const cli::Settings& settings, const Words& words);
Result<void> group_reset(const cli::Settings& settings, const Words& words);
Result<void> dlq_list(const cli::Settings& settings);
Result<void> dlq_show(const cli::Settings& settings, const Words& words);
Result<void> dlq_replay(const cli::Settings& settings, const Words& words);
Result<void> doctor(const cli::Settings& settings);
Result<void> dashboard(const cli::Settings& settings);
Result<void> completion(const Words& words);
Result<void> man();
Result<void> config_show(const cli::Settings& settings);
Result<void> config_validate(const cli::Settings& settings);
Result<void> version(const cli::Settings& settings);

}  // namespace cryptostream::tool

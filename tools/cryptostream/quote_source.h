// Where quotes come from: one of the sources, chosen by the settings.
#pragma once

#include "watched_source.h"

#include <cryptostream/market/quote.h>

namespace cryptostream::tool {

using QuoteSource = WatchedSource<Quote>;

/// The source's name: --source, else coincap where a key is configured, else coinbase. Says which and why, in the log.
Result<std::string> choose_source(const cli::Settings& settings);

/// The source of that name, with what the settings say of it.
Result<QuoteSource> make_source(const std::string& name, const cli::Settings& settings,
                                std::shared_ptr<SourceWatch> watch, QuoteSource::Seen seen = {});

}  // namespace cryptostream::tool

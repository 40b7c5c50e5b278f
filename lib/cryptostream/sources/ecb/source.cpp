#include <cryptostream/sources/ecb/eurofxref.h>
#include <cryptostream/sources/ecb/source.h>
#include <cryptostream/sources/fx_client.h>

namespace cryptostream {

Result<std::unique_ptr<SourceReader<std::string, FxRate>>> EcbSource::open(const SourceTask& task,
                                                                           std::stop_token stop) const {
  CRYPTOSTREAM_TRY(check_fx(options_.base, options_.currencies, options_.interval));
  auto path = options_.url.substr(0, options_.url.find_first_of("?#"));
  auto file = path.substr(path.rfind('/') + 1);
  HttpRequest request{.what = "ecb " + file, .url = options_.url};
  request.accept = "application/xml";
  return open_fx_reader(options_,
                        {.source = "ecb",
                         .request = std::move(request),
                         .decode = [file](std::string_view body) { return decode_ecb(file, body); }},
                        task, stop);
}

}  // namespace cryptostream

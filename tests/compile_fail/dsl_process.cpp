// Mistakes in processors of the user's own.
#include <cryptostream/dsl/process.h>
#include <cryptostream/dsl/streams_builder.h>

#include <string>

namespace cs = cryptostream;

// BAD 1: cryptostream: process<P> and process_values<P> need a class P derived from Processor or FixedKeyProcessor
// BAD 2: cryptostream: this processor's keys or values are of other types than the stream's
// BAD 3: cryptostream: process takes classes derived from Processor, process_values those from FixedKeyProcessor
// BAD 4: cryptostream: this processor cannot be made of its context alone
// BAD 5: cryptostream: this operator has no such option

#ifndef BAD
#define BAD 0
#endif

const cs::KafkaTopic<std::string, std::string> notes{"notes"};
using Base = cs::Processor<std::string, std::string, std::string, std::string>;

struct Pass : Base {
  using Base::Base;
  void process(const cs::Record<std::string, std::string>& record) override { context().forward(record); }
};
struct Cut : Pass {
  Cut(Context& context, std::size_t length) : Pass(context), most(length) {}
  std::size_t most;
};
struct Numbers : cs::Processor<std::string, int> {
  using Processor::Processor;
  void process(const cs::Record<std::string, int>&) override {}
};
struct NoProcessor {};

void build() {
  cs::StreamsBuilder b;
  auto stream = b.stream(notes);
  stream.process<Cut>([](Cut::Context& context) { return Cut(context, 3); }, cs::Named("cut")).to(notes);
#if BAD == 1
  stream.process<NoProcessor>().to(notes);
#elif BAD == 2
  stream.process<Numbers>();
#elif BAD == 3
  stream.process_values<Pass>().to(notes);
#elif BAD == 4
  stream.process<Cut>().to(notes);
#elif BAD == 5
  stream.process<Pass>(cs::Materialized("kept")).to(notes);
#else
  stream.process<Pass>().to(notes);
#endif
}

// Streams: everything but the edges, which have a header each (<cryptostream/stores/postgres/sink.h>, …).
#pragma once

#include <cryptostream/broker/broker.h>
#include <cryptostream/connect/connect.h>
#include <cryptostream/core/clock.h>
#include <cryptostream/core/decimal.h>
#include <cryptostream/core/log.h>
#include <cryptostream/core/result.h>
#include <cryptostream/core/timestamp.h>
#include <cryptostream/data/schema.h>
#include <cryptostream/data/serde.h>
#include <cryptostream/data/topic.h>
#include <cryptostream/dsl/cogrouped.h>
#include <cryptostream/dsl/fk_join.h>
#include <cryptostream/dsl/grouped_stream.h>
#include <cryptostream/dsl/process.h>
#include <cryptostream/dsl/stream_join.h>
#include <cryptostream/dsl/stream_table_join.h>
#include <cryptostream/dsl/streams_builder.h>
#include <cryptostream/dsl/suppressed.h>
#include <cryptostream/dsl/topology_report.h>
#include <cryptostream/dsl/windowed_stream.h>
#include <cryptostream/runtime/application.h>

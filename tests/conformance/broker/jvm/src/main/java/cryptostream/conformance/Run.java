package cryptostream.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.LogAndContinueExceptionHandler;
import org.apache.kafka.streams.errors.LogAndFailExceptionHandler;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.state.BuiltInDslStoreSuppliers;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.TreeSet;

/** One scenario on the broker: makes the topics, takes the steps, tells what was written, dropped and committed in each. */
final class Run {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final long COMMIT_INTERVAL_MS = 1L << 40;

    private final JsonNode scenario;
    private final String brokers;
    private final Path folder;
    private final Admin admin;
    private final KafkaProducer<byte[], byte[]> producer;
    private final ManualTime time;
    private final Properties properties = new Properties();
    private final ObjectNode result = JSON.objectNode();
    private final List<Sent> sent = new ArrayList<>();
    private Blueprint blueprint;
    private LockStep lockStep;
    private KafkaStreams streams;
    private int starts;
    private long dropped;

    Run(final JsonNode scenario, final String brokers, final Path folder, final Admin admin, final KafkaProducer<byte[], byte[]> producer) {
        this.scenario = scenario;
        this.brokers = brokers;
        this.folder = folder;
        this.admin = admin;
        this.producer = producer;
        this.time = new ManualTime(config("wall_clock_ms").asLong(0));
    }

    private JsonNode config(final String field) {
        return scenario.path("config").path(field);
    }

    private String id() {
        return config("application_id").asText("app");
    }

    ObjectNode run() {
        result.put("name", scenario.path("name").asText());
        final ArrayNode steps = JSON.arrayNode();
        int number = -1;
        try {
            configure();
            makeTopics();
            start();
            for (final JsonNode step : scenario.path("steps")) {
                lockStep.at(++number);
                steps.add(take(step));
            }
        } catch (final Exception e) {
            Throwable root = e;
            while (root.getCause() != null) {
                root = root.getCause();
            }
            result.putObject("error").put("step", number).put("message", String.valueOf(root));
        }
        lockStep.at(-1);  // what a stop flushes belongs to no step
        stop();
        sent.sort(Comparator.comparing((Sent one) -> one.record.topic()).thenComparingInt(one -> one.partition));
        for (int i = 0; i < steps.size(); ++i) {
            final ArrayNode records = ((ObjectNode) steps.get(i)).putArray("records");
            for (final Sent one : sent) {
                if (one.step == i) {
                    records.add(one.json());
                }
            }
        }
        result.set("steps", steps);
        return result;
    }

    // ---- start and stop ------------------------------------------------------------------------------------------

    private void configure() {
        final boolean rocks = config("store").asText("in_memory").equals("rocksdb");
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, id());
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, brokers);
        properties.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
        properties.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
        properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, config("cache_bytes").asLong(0));
        properties.put(StreamsConfig.TOPOLOGY_OPTIMIZATION_CONFIG, config("optimization").asText("none"));
        properties.put(StreamsConfig.DSL_STORE_SUPPLIERS_CLASS_CONFIG,
            rocks ? BuiltInDslStoreSuppliers.RocksDBDslStoreSuppliers.class : BuiltInDslStoreSuppliers.InMemoryDslStoreSuppliers.class);
        properties.put(StreamsConfig.DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG,
            config("on_bad_input").asText("fail").equals("fail") ? LogAndFailExceptionHandler.class : LogAndContinueExceptionHandler.class);
        properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, COMMIT_INTERVAL_MS);
        properties.put(StreamsConfig.REPARTITION_PURGE_INTERVAL_MS_CONFIG, Long.MAX_VALUE);
        properties.put(StreamsConfig.POLL_MS_CONFIG, 10L);
        properties.put(StreamsConfig.MAX_TASK_IDLE_MS_CONFIG, -1L);
        properties.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        properties.put(StreamsConfig.producerPrefix("linger.ms"), 0);
        // A fetch that waits holds up what else is asked through its connection.
        properties.put(StreamsConfig.consumerPrefix("fetch.max.wait.ms"), 2);
        // What the runtime throttles by the wall clock comes at once.
        properties.put(StreamsConfig.InternalConfig.EMIT_INTERVAL_MS_KSTREAMS_OUTER_JOIN_SPURIOUS_RESULTS_FIX, 0L);
        properties.put(StreamsConfig.InternalConfig.EMIT_INTERVAL_MS_KSTREAMS_WINDOWED_AGGREGATION, 0L);
    }

    private int partitions(final String topic) {
        return config("partitions").path(topic).asInt(1);
    }

    private void makeTopics() throws Exception {
        final TreeSet<String> names = new TreeSet<>();
        blueprint = new Blueprint(scenario.path("topology"));
        names.addAll(blueprint.inputs.keySet());
        names.addAll(blueprint.outputs);
        final List<NewTopic> topics = new ArrayList<>();
        names.forEach(name -> topics.add(new NewTopic(name, partitions(name), (short) 1)));
        admin.createTopics(topics).all().get();
        // Whoever asks the broker about them must find them.
        while (!admin.listTopics().names().get().containsAll(names)) {
            Thread.sleep(1);
        }
    }

    private void start() throws Exception {
        // Its stores are empty at each start, so that they come from the changelogs.
        properties.put(StreamsConfig.STATE_DIR_CONFIG, folder.resolve(id() + "-" + starts).toString());
        lockStep = new LockStep();
        blueprint = new Blueprint(scenario.path("topology"));
        final Topology topology = blueprint.builder.build(properties);
        streams = new KafkaStreams(topology, properties, lockStep, time);
        streams.setUncaughtExceptionHandler(thrown -> {
            lockStep.failed(thrown);
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        streams.start();
        for (int waited = 0; streams.state() != KafkaStreams.State.RUNNING; ++waited) {
            if (waited > 30_000 || streams.state() == KafkaStreams.State.ERROR) {
                throw new IllegalStateException("does not start: " + streams.state());
            }
            Thread.sleep(1);
        }
        lockStep.takeOver();
        if (starts++ == 0) {
            result.put("describe", topology.describe().toString());
            final ObjectNode internal = result.putObject("internal_topics");
            final TreeSet<String> own = new TreeSet<>();
            for (final String topic : admin.listTopics().names().get()) {
                if (topic.startsWith(id() + "-") && !blueprint.inputs.containsKey(topic) && !blueprint.outputs.contains(topic)) {
                    own.add(topic);
                }
            }
            new TreeMap<>(admin.describeTopics(own).allTopicNames().get()).forEach((topic, told) -> internal.put(topic, told.partitions().size()));
        }
    }

    /** A stop commits once more, without what follows from that. */
    private void stop() {
        if (streams != null) {
            lockStep.letGo();
            streams.close(CloseOptions.timeout(Duration.ofSeconds(20)).withGroupMembershipOperation(GroupMembershipOperation.LEAVE_GROUP));
            sent.addAll(lockStep.sent());
            streams = null;
        }
    }

    // ---- steps ---------------------------------------------------------------------------------------------------

    private ObjectNode take(final JsonNode step) throws Exception {
        final ObjectNode told = JSON.objectNode();
        if (step.path("commit").asBoolean()) {
            time.advance(COMMIT_INTERVAL_MS + 1);
            lockStep.turn();
            told.set("committed", committed());
        } else if (step.path("restart").asBoolean()) {
            time.advance(COMMIT_INTERVAL_MS + 1);
            lockStep.turn();
            stop();
            dropped = 0;
            start();
        } else if (step.has("advance_wall_clock_ms")) {
            time.advance(step.get("advance_wall_clock_ms").asLong());
            lockStep.turn();
        } else {
            pipe(step);
        }
        final double all = streams.metrics().entrySet().stream().filter(metric -> metric.getKey().name().equals("dropped-records-total"))
            .mapToDouble(metric -> (Double) metric.getValue().metricValue()).sum();
        if ((long) all != dropped) {
            told.put("dropped", (long) all - dropped);
            dropped = (long) all;
        }
        return told;
    }

    private void pipe(final JsonNode step) throws Exception {
        final String topic = step.path("topic").asText();
        final Handle kinds = blueprint.inputs.get(topic);
        if (kinds == null) {
            throw new IllegalArgumentException("no source reads " + topic);
        }
        final byte[] key = kinds.key().encode(step.get("key"));
        final byte[] value = kinds.value().encode(step.get("value"));
        final int count = partitions(topic);
        final int partition = step.has("partition") ? step.get("partition").asInt() : key == null ? 0 : Utils.toPositive(Utils.murmur2(key)) % count;
        final RecordHeaders headers = new RecordHeaders();
        for (final JsonNode header : step.path("headers")) {
            headers.add(header.get(0).asText(), header.get(1).isNull() ? null : header.get(1).asText().getBytes(StandardCharsets.UTF_8));
        }
        final RecordMetadata written = producer.send(new ProducerRecord<>(topic, partition, step.path("ts").asLong(), key, value, headers)).get();
        if (blueprint.globals.contains(topic)) {
            lockStep.awaitGlobal(new TopicPartition(topic, partition), written.offset() + 1);
        } else {
            lockStep.handle();
        }
    }

    private ObjectNode committed() throws Exception {
        final ObjectNode all = JSON.objectNode();
        final TreeMap<String, JsonNode> sorted = new TreeMap<>();
        final Map<TopicPartition, org.apache.kafka.clients.consumer.OffsetAndMetadata> offsets =
            admin.listConsumerGroupOffsets(id()).partitionsToOffsetAndMetadata().get();
        offsets.forEach((partition, next) -> {
            if (next != null) {
                sorted.put(partition.topic() + "/" + partition.partition(), JSON.arrayNode().add(next.offset()).add(next.metadata()));
            }
        });
        sorted.forEach(all::set);
        return all;
    }
}

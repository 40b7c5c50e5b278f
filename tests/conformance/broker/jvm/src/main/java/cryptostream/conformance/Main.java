package cryptostream.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/** Main BROKERS AT_ONCE: scenarios as lines of JSON on standard input, a line of result for each, in order. */
public final class Main {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private Main() { }

    public static void main(final String[] arguments) throws Exception {
        final String brokers = arguments[0];
        final int atOnce = Integer.parseInt(arguments[1]);
        final Path folder = Files.createTempDirectory("broker-scenarios");
        final Map<String, Object> config = Map.of("bootstrap.servers", brokers);
        final PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        final BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        final ExecutorService pool = Executors.newFixedThreadPool(atOnce);
        try (Admin admin = Admin.create(config);
             KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(Map.of("bootstrap.servers", brokers, "linger.ms", 0), new ByteArraySerializer(), new ByteArraySerializer())) {
            final ArrayDeque<Future<ObjectNode>> running = new ArrayDeque<>();
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (line.isBlank()) {
                    continue;
                }
                final JsonNode scenario = MAPPER.readTree(line);
                running.add(pool.submit(() -> new Run(scenario, brokers, folder, admin, producer).run()));
                while (running.size() > atOnce || !running.isEmpty() && running.peek().isDone()) {
                    print(out, running.remove().get());
                }
            }
            while (!running.isEmpty()) {
                print(out, running.remove().get());
            }
        } finally {
            pool.shutdown();
            try (Stream<Path> files = Files.walk(folder)) {
                files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
            }
        }
        System.exit(0);
    }

    private static void print(final PrintStream out, final ObjectNode result) throws Exception {
        out.println(MAPPER.writeValueAsString(result));
        out.flush();
    }
}

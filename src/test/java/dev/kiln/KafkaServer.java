package dev.kiln;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.tools.StorageTool;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.jspecify.annotations.Nullable;

/** A Kafka of one node, controller and broker in one, in the test's own process. */
final class KafkaServer implements AutoCloseable {
  private final Path properties;
  private final int port = FreePort.find();
  private @Nullable KafkaRaftServer server;

  /**
   * A server that does not run yet.
   *
   * @param folder where its properties and its log go
   */
  KafkaServer(Path folder) throws IOException {
    Files.createDirectories(folder);
    properties = folder.resolve("server.properties");
    int controller = FreePort.find();
    Files.writeString(
        properties,
        """
        process.roles=broker,controller
        node.id=1
        controller.quorum.voters=1@127.0.0.1:%2$d
        listeners=PLAINTEXT://127.0.0.1:%1$d,CONTROLLER://127.0.0.1:%2$d
        advertised.listeners=PLAINTEXT://127.0.0.1:%1$d
        controller.listener.names=CONTROLLER
        inter.broker.listener.name=PLAINTEXT
        log.dirs=%3$s
        num.partitions=1
        offsets.topic.num.partitions=1
        offsets.topic.replication.factor=1
        transaction.state.log.replication.factor=1
        transaction.state.log.min.isr=1
        share.coordinator.state.topic.replication.factor=1
        share.coordinator.state.topic.min.isr=1
        group.initial.rebalance.delay.ms=0
        log.cleaner.enable=false
        background.threads=1
        num.network.threads=1
        num.io.threads=2
        """
            .formatted(port, controller, folder.resolve("log")));
    PrintStream told = new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
    int exit =
        StorageTool.execute(
            new String[] {
              "format", "-t", Uuid.randomUuid().toString(), "-c", properties.toString()
            },
            told);
    if (exit != 0) {
      throw new IOException("The log of Kafka cannot be made.");
    }
  }

  void start() throws IOException {
    Properties settings = new Properties();
    try (Reader in = Files.newBufferedReader(properties)) {
      settings.load(in);
    }
    KafkaRaftServer started =
        new KafkaRaftServer(KafkaConfig.fromProps(settings, false), Time.SYSTEM);
    started.startup();
    server = started;
  }

  /** Where it listens. */
  String address() {
    return "127.0.0.1:" + port;
  }

  @Override
  public void close() {
    if (server != null) {
      server.shutdown();
      server.awaitShutdown();
      server = null;
    }
  }
}

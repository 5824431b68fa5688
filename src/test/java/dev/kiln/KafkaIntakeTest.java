package dev.kiln;

import static dev.kiln.RunningKiln.INBOUND;
import static dev.kiln.RunningKiln.soon;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.LedgerView.LeadLine;
import dev.kiln.ledger.LedgerView.RunAccount;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Leads from a topic: the shipped template, against a real Kafka in the test's own process. */
@ResourceLock(RunningKiln.MANAGED)
final class KafkaIntakeTest {
  private static final TopicPartition TOPIC = new TopicPartition("leads", 0);

  private KafkaServer kafka;
  private RunningKiln kiln;

  @BeforeEach
  void prepare(@TempDir Path folder) throws Exception {
    kafka = new KafkaServer(folder.resolve("kafka"));
    kiln = new RunningKiln(folder);
    Path secrets = Files.createDirectories(kiln.places().secrets());
    Files.writeString(
        secrets.resolve("kafka-client"),
        "bootstrap.servers=" + kafka.address() + "\nreconnect.backoff.max.ms=200\n");
    kiln.inRoutes(
        "intake-kafka.camel.yaml",
        "- routeTemplate:\n",
        """
        - templatedRoute:
            routeTemplateRef: intake-kafka
            routeId: intake-kafka-inbound
            prefixId: "inbound-"
            parameters:
              - name: source
                value: inbound
              - name: topic
                value: leads
              - name: client
                value: kafka-client
        - routeTemplate:
        """);
  }

  @AfterEach
  void close() {
    kiln.close();
    kafka.close();
  }

  private static ProducerRecord<byte[], byte[]> record(byte @Nullable [] value) {
    return new ProducerRecord<>(TOPIC.topic(), value);
  }

  private static ProducerRecord<byte[], byte[]> lead(int number) {
    return text("{\"email\": \"lead" + number + "@firm.example\"}");
  }

  private static ProducerRecord<byte[], byte[]> text(String text) {
    return record(text.getBytes(StandardCharsets.UTF_8));
  }

  private void send(List<ProducerRecord<byte[], byte[]>> records) throws Exception {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", kafka.address()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (ProducerRecord<byte[], byte[]> record : records) {
        producer.send(record).get();
      }
    }
  }

  private long committed(Admin admin) throws Exception {
    OffsetAndMetadata offset =
        admin.listConsumerGroupOffsets("kiln").partitionsToOffsetAndMetadata().get().get(TOPIC);
    return offset == null ? 0 : offset.offset();
  }

  private List<String> rejections() {
    return kiln.ledgerLines().stream()
        .filter(line -> line.state() == LeadState.REJECTED)
        .map(LeadLine::reason)
        .sorted()
        .toList();
  }

  @Test
  @DisplayName(
      "each lead of the records is in the ledger once and delivered, though all come again; poison"
          + " is rejected; a cluster that is down is told, holds up nobody, and is read again")
  void eachLeadOnce() throws Exception {
    // Without it a lead that comes again would be told by its key alone.
    kiln.set("kiln.dedupe.mode", "force").start();
    soon()
        .untilAsserted(
            () ->
                assertThat(kiln.notes())
                    .singleElement()
                    .asString()
                    .contains("Route intake-kafka-inbound: no broker of its Kafka cluster"));
    assertThat(kiln.notReady()).isEmpty();
    kiln.drop("normal/inbound/leads.csv", RunningKiln.leads(1, 3, "Software"));
    kiln.reaches(INBOUND, LeadState.ACCEPTED, 3);

    kafka.start();
    ProducerRecord<byte[], byte[]> hostile = lead(14);
    hostile.headers().add("CamelHttpUri", "http://127.0.0.1:1/".getBytes(StandardCharsets.UTF_8));
    hostile.headers().add("kafka.LAST_RECORD_BEFORE_COMMIT", new byte[] {0});
    hostile.headers().add("source", "events".getBytes(StandardCharsets.UTF_8));
    send(
        List.of(
            lead(11),
            record(new byte[] {(byte) 0xAC, (byte) 0xED, 0, 5, 's', 'r'}),
            text("email\nlead12@firm.example\nlead13@firm.example\n"),
            text("%PDF-1.7 is no lead"),
            record(null),
            hostile));
    kiln.reaches(INBOUND, LeadState.ACCEPTED, 7);
    soon().untilAsserted(() -> assertThat(kiln.notes()).isEmpty());
    assertThat(rejections())
        .hasSize(3)
        .anyMatch(reason -> reason.contains("is no text"))
        .anyMatch(reason -> reason.contains("no header row"))
        .anyMatch(reason -> reason.contains("the message is empty"));
    List<RunAccount> runs =
        kiln.snapshot().runs().stream().filter(run -> !run.name().equals("leads.csv")).toList();
    assertThat(runs).singleElement().extracting(RunAccount::read).isEqualTo(7L);

    try (Admin admin = Admin.create(Map.of("bootstrap.servers", (Object) kafka.address()))) {
      soon().untilAsserted(() -> assertThat(committed(admin)).isEqualTo(6));
      kiln.stop();
      // Refused as long as Kafka takes Kiln for a member.
      soon()
          .ignoreExceptionsInstanceOf(ExecutionException.class)
          .untilAsserted(
              () ->
                  admin
                      .alterConsumerGroupOffsets("kiln", Map.of(TOPIC, new OffsetAndMetadata(0)))
                      .all()
                      .get());
      kiln.start();
      send(List.of(lead(15)));
      kiln.reaches(INBOUND, LeadState.ACCEPTED, 8);
      soon().untilAsserted(() -> assertThat(committed(admin)).isEqualTo(7));
    }
    assertThat(rejections()).hasSize(3);
    assertThat(kiln.stored("inbound-1")).hasSize(8);

    kafka.close();
    soon().untilAsserted(() -> assertThat(kiln.notes()).hasSize(1));
    kafka.start();
    send(List.of(lead(16)));
    kiln.reaches(INBOUND, LeadState.ACCEPTED, 9);
    soon().untilAsserted(() -> assertThat(kiln.notes()).isEmpty());
    assertThat(kiln.context().getEndpoints().toString()).doesNotContain(kafka.address());
  }
}

package dev.kiln;

import java.io.IOException;
import java.io.StringReader;
import java.util.Properties;

/** The properties of a Kafka client, as the file of a secret holds them. */
final class KafkaProperties {
  /** The brokers to begin with. */
  static final String SERVERS = "bootstrap.servers";

  private KafkaProperties() {}

  /** Reads them. */
  static Properties of(String text) {
    Properties properties = new Properties();
    try {
      properties.load(new StringReader(text));
    } catch (IOException impossible) {
      throw new IllegalStateException(impossible);
    }
    return properties;
  }
}

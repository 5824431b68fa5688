package dev.kiln.bench;

import java.io.IOException;
import java.net.URI;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.apache.hc.core5.http.io.entity.StringEntity;

/** Posts rows of the usual size to one URL without end, and does nothing else. */
final class BareClient {
  /** As many as Kiln has by default. */
  private static final int CONNECTIONS = 32;

  private BareClient() {}

  public static void main(String[] arguments) {
    URI url = URI.create(arguments[0]);
    CloseableHttpClient client =
        HttpClients.custom()
            .setConnectionManager(
                PoolingHttpClientConnectionManagerBuilder.create()
                    .setMaxConnTotal(CONNECTIONS)
                    .setMaxConnPerRoute(CONNECTIONS)
                    .build())
            .build();
    AtomicLong rows = new AtomicLong();
    for (int i = 0; i < CONNECTIONS; i++) {
      new Thread(() -> post(client, url, rows), "bare-client-" + i).start();
    }
    System.out.println("ready");
  }

  private static void post(CloseableHttpClient client, URI url, AtomicLong rows) {
    while (true) {
      HttpPost request = new HttpPost(url);
      request.setEntity(
          new StringEntity(
              Leads.body("9-" + rows.incrementAndGet()), ContentType.APPLICATION_JSON));
      try {
        client.execute(
            request,
            answer -> {
              EntityUtils.consume(answer.getEntity());
              return answer.getCode();
            });
      } catch (IOException gone) {
        return;
      }
    }
  }
}

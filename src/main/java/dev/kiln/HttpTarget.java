package dev.kiln;

import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.Producer;
import org.apache.camel.component.http.HttpEndpoint;
import org.apache.camel.support.DefaultExchange;
import org.apache.camel.support.service.ServiceHelper;
import org.apache.camel.support.service.ServiceSupport;

/** One URL that rows are posted to. Thread-safe. */
final class HttpTarget extends ServiceSupport {
  private final HttpEndpoint endpoint;
  private final Producer producer;

  HttpTarget(HttpEndpoint endpoint) throws Exception {
    this.endpoint = endpoint;
    this.producer = endpoint.createProducer();
  }

  /**
   * Posts a body, on an exchange of its own so that no header of the flow reaches Clay and none of
   * Clay's reaches the flow.
   *
   * @return the exchange with the answer, or with the failure as its exception
   */
  Exchange post(byte[] body, Map<String, Object> headers) {
    Exchange request = new DefaultExchange(endpoint.getCamelContext());
    request.getMessage().setBody(body);
    request.getMessage().setHeaders(headers);
    try {
      producer.process(request);
    } catch (Exception failure) {
      request.setException(failure);
    }
    return request;
  }

  @Override
  protected void doStart() {
    ServiceHelper.startService(endpoint, producer);
  }

  @Override
  protected void doStop() {
    ServiceHelper.stopService(producer, endpoint);
  }
}

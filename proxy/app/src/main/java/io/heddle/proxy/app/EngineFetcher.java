package io.heddle.proxy.app;

import com.google.protobuf.ByteString;
import io.heddle.proxy.api.AsyncHttpClient;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.ResponseHeaders;
import io.heddle.proxy.engine.Engine;
import io.heddle.xds.client.RestFeed;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Asks a control plane by REST, through a cluster of the proxy as Envoy does. */
final class EngineFetcher implements RestFeed.Fetcher {
  private static final int MOST_BYTES = 16 << 20;

  private final Engine engine;

  EngineFetcher(Engine engine) {
    this.engine = engine;
  }

  @Override
  public CompletionStage<RestFeed.Answer> post(
      String cluster, String path, String json, Duration timeout) {
    Map<HeaderName, String> headers = new LinkedHashMap<>();
    headers.put(HeaderName.of(":method"), "POST");
    headers.put(HeaderName.of(":path"), path);
    headers.put(HeaderName.of(":authority"), cluster);
    headers.put(HeaderName.of("content-type"), "application/json");
    CompletableFuture<RestFeed.Answer> answer = new CompletableFuture<>();
    engine.send(
        new AsyncHttpClient.Request(
            cluster, headers, ByteString.copyFromUtf8(json), timeout, MOST_BYTES),
        new AsyncHttpClient.ResponseHandler() {
          @Override
          public void onResponse(ResponseHeaders head, ByteBuf body, Optional<HeaderMap> trailers) {
            answer.complete(
                new RestFeed.Answer(head.status(), body.toString(StandardCharsets.UTF_8)));
          }

          @Override
          public void onFailure(AsyncHttpClient.Failure failure) {
            answer.completeExceptionally(new IOException(failure.name()));
          }
        });
    return answer;
  }
}

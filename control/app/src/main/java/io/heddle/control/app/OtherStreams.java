package io.heddle.control.app;

import com.google.protobuf.InvalidProtocolBufferException;
import io.envoyproxy.envoy.service.status.v3.ClientConfig;
import io.envoyproxy.envoy.service.status.v3.ClientStatusRequest;
import io.envoyproxy.envoy.service.status.v3.ClientStatusResponse;
import io.heddle.control.core.shared.Peers;
import io.heddle.xds.server.OtherClients;
import io.heddle.xds.server.XdsServer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the proxies of the other control planes hold, for CSDS. One that does not answer is left
 * out: CSDS has no word for it, and what is known is what whoever asks wants to see.
 */
final class OtherStreams implements OtherClients {
  private static final Logger LOG = LoggerFactory.getLogger(OtherStreams.class);
  private static final String TOPIC = "csds";

  private final Peers peers;

  private OtherStreams(Peers peers) {
    this.peers = peers;
  }

  /** Lets a server tell of what the others have, and them of what it has. */
  static void join(XdsServer server, Peers peers) {
    peers.answer(TOPIC, question -> answer(server, question));
    server.besides(new OtherStreams(peers));
  }

  private static String answer(XdsServer server, String question) {
    try {
      ClientStatusRequest request =
          ClientStatusRequest.parseFrom(Base64.getDecoder().decode(question));
      return Base64.getEncoder().encodeToString(server.clients(request).join().toByteArray());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("is no ClientStatusRequest", e);
    } catch (CompletionException e) {
      throw new IllegalStateException("there is no status to tell", e);
    }
  }

  @Override
  public CompletableFuture<List<ClientConfig>> find(ClientStatusRequest request) {
    CompletableFuture<List<ClientConfig>> found = new CompletableFuture<>();
    Thread _ =
        Thread.ofVirtual()
            .name("heddle-csds")
            .start(() -> {
              try {
                found.complete(ask(request));
              } catch (RuntimeException e) {
                found.completeExceptionally(e);
              }
            });
    return found;
  }

  private List<ClientConfig> ask(ClientStatusRequest request) {
    Peers.Answers answers =
        peers.ask(TOPIC, Base64.getEncoder().encodeToString(request.toByteArray()));
    if (!answers.silent().isEmpty()) {
      LOG.warn("no status of the proxies of {}", answers.silent());
    }
    List<ClientConfig> all = new ArrayList<>();
    for (String text : answers.texts().values()) {
      try {
        all.addAll(
            ClientStatusResponse.parseFrom(Base64.getDecoder().decode(text)).getConfigList());
      } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
        LOG.warn("what another control plane says of its proxies is not understood", e);
      }
    }
    return all;
  }
}

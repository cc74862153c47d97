package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.heddle.xds.model.BindConfig;
import io.heddle.xds.model.BindConfig.SocketOption;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.SocketEndpoint;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Where upstream connections come from. */
class SourceBindingTest {
  private static BindConfig from(String... addresses) {
    return new BindConfig(
        java.util.Arrays.stream(addresses).map(a -> new SocketEndpoint(a, 0)).toList(), List.of());
  }

  private static ClusterConfig cluster(int port, BindConfig bind) {
    return Configs.cluster("up", port).toBuilder().bind(bind).build();
  }

  /** An upstream that answers with the address of its peer. */
  private static Upstream peerTelling() throws Exception {
    return new Upstream(wire -> {
      while (wire.request() != null) {
        String peer = wire.socket.getInetAddress().getHostAddress();
        wire.send("HTTP/1.1 200 OK\r\ncontent-length: " + peer.length() + "\r\n\r\n" + peer);
      }
    });
  }

  @Test
  void aClusterBindsToItsSourceAddress() throws Exception {
    try (Upstream up = peerTelling();
        EngineUnderTest proxy =
            EngineUnderTest.of(
                new Configs.Http().listener(), cluster(up.port(), from("127.0.0.3")))) {
      assertThat(proxy.get("/")).endsWith("127.0.0.3");
      // The first of the host's family.
      proxy.cluster(cluster(up.port(), from("::1", "127.0.0.4")));
      proxy.engine.removeCluster("up");
      proxy.cluster(cluster(up.port(), from("::1", "127.0.0.4")));
      assertThat(proxy.get("/")).endsWith("127.0.0.4");
    }
  }

  @Test
  void theProxysOwnSettingHoldsForTheOthers() throws Exception {
    try (Upstream up = peerTelling();
        EngineUnderTest proxy =
            new EngineUnderTest(Engine.builder().concurrency(1).upstreamBind(from("127.0.0.5")))) {
      proxy.cluster(Configs.cluster("up", up.port()));
      proxy.bind(new Configs.Http().listener());
      assertThat(proxy.get("/")).endsWith("127.0.0.5");
    }
  }

  @Test
  void whatTheSystemRefusesFailsTheConnection() throws Exception {
    BindConfig nonsense =
        new BindConfig(
            List.of(),
            List.of(new SocketOption(1, 9_999, ByteString.copyFrom(new byte[] {1, 0, 0, 0}))));
    try (Upstream up = peerTelling();
        EngineUnderTest proxy =
            EngineUnderTest.of(new Configs.Http().listener(), cluster(up.port(), nonsense))) {
      assertThat(proxy.get("/"))
          .startsWith("HTTP/1.1 503")
          .endsWith("reset reason: remote connection failure");
      proxy.engine.removeCluster("up");
      proxy.cluster(cluster(up.port(), from("192.0.2.1")));
      assertThat(proxy.get("/")).startsWith("HTTP/1.1 503");
      assertThat(proxy.gauge("cluster.up.upstream_cx_active")).isZero();
    }
  }
}

package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.Http2Peer.Stream;
import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.ClusterConfig.UpstreamProtocol;
import io.netty.channel.Channel;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Which loop a connection goes to, and that all of it stays there. */
class SpreadTest {
  private static final int BUSY = 60;

  private final BlockingQueue<Stream> atTheHost = new LinkedBlockingQueue<>();

  private Stream arrived() throws InterruptedException {
    Stream stream = atTheHost.poll(10, TimeUnit.SECONDS);
    if (stream == null) {
      throw new AssertionError("no request came");
    }
    return stream;
  }

  private static Set<Channel> connections(List<Stream> streams) {
    return streams.stream().map(stream -> stream.channel.parent()).collect(Collectors.toSet());
  }

  @Test
  void oneBusyHttp2ClientKeepsOneLoopAndOthersGoToTheOtherLoops() throws Exception {
    List<AutoCloseable> open = new ArrayList<>();
    try (Http2Peer host = new Http2Peer(atTheHost::add, false);
        EngineUnderTest proxy = new EngineUnderTest(Engine.builder().concurrency(4))) {
      ClusterConfig cluster = Configs.cluster("up", host.port());
      proxy.cluster(cluster.toBuilder().protocol(UpstreamProtocol.HTTP2).build());
      int port = proxy.bind(new Configs.Http().listener());
      try {
        Http2Peer busy = Http2Peer.client(proxy);
        open.add(busy);
        List<Stream> answered = new ArrayList<>();
        List<Stream> ofBusy = new ArrayList<>();
        for (int i = 0; i < BUSY; i++) {
          answered.add(busy.get("/busy"));
          ofBusy.add(arrived());
        }
        assertThat(proxy.engine.connectionsByLoop()).containsExactly(1, 0, 0, 0);
        assertThat(proxy.engine.requestsByLoop()).containsExactly((long) BUSY, 0L, 0L, 0L);
        // All of them stay on its loop, and so share the one connection that this loop has.
        assertThat(connections(ofBusy)).hasSize(1);

        List<Stream> ofOthers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
          Http2Peer other = Http2Peer.client(proxy);
          open.add(other);
          other.get("/other");
          ofOthers.add(arrived());
        }
        assertThat(proxy.engine.connectionsByLoop()).containsExactly(1, 1, 1, 1);
        assertThat(proxy.engine.requestsByLoop()).containsExactly((long) BUSY, 1L, 1L, 1L);
        assertThat(connections(ofOthers))
            .hasSize(3)
            .doesNotContainAnyElementsOf(connections(ofBusy));

        // As many connections everywhere: the loop with the many requests comes last.
        for (int i = 2; i <= 4; i++) {
          int sum = 3 + i;
          open.add(Wire.connect(port));
          EngineUnderTest.await(() -> proxy.engine.activeConnections() == sum);
          assertThat(proxy.engine.connectionsByLoop().getFirst()).isEqualTo(1);
        }
        assertThat(proxy.engine.connectionsByLoop()).containsExactly(1, 2, 2, 2);
        open.add(Wire.connect(port));
        EngineUnderTest.await(() -> proxy.engine.activeConnections() == 8);
        assertThat(proxy.engine.connectionsByLoop()).containsExactly(2, 2, 2, 2);

        // What is answered counts no more.
        ofBusy.forEach(stream -> stream.headers(true, ":status", "204"));
        for (Stream stream : answered) {
          assertThat(stream.next()).startsWith("headers :status=204");
        }
        EngineUnderTest.await(() -> proxy.engine.requestsByLoop().equals(List.of(0L, 1L, 1L, 1L)));
      } finally {
        for (AutoCloseable each : open) {
          each.close();
        }
      }
    }
  }
}

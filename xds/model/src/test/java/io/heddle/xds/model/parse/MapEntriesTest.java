package io.heddle.xds.model.parse;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import io.envoyproxy.envoy.config.bootstrap.v3.Admin;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.TrackClusterStats;
import io.heddle.xds.model.ParseOptions;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MapEntriesTest {

  private static final int OPTIONS = Cluster.TYPED_EXTENSION_PROTOCOL_OPTIONS_FIELD_NUMBER;

  @Test
  void theEntriesAreTakenInOrderAndTheRestStays() throws IOException {
    Cluster sent =
        Cluster.newBuilder()
            .setName("a")
            .putTypedExtensionProtocolOptions("first", any("x"))
            .putTypedExtensionProtocolOptions("second", any("y"))
            .setTrackClusterStats(TrackClusterStats.newBuilder().setTimeoutBudgets(true))
            .build();
    MapEntries taken = MapEntries.take(sent.toByteString(), OPTIONS).orElseThrow();
    assertThat(Cluster.parseFrom(taken.rest()))
        .isEqualTo(sent.toBuilder().clearTypedExtensionProtocolOptions().build());
    assertThat(taken.maps()).hasSize(1);
    assertThat(taken.maps().getFirst())
        .containsExactlyEntriesOf(sent.getTypedExtensionProtocolOptionsMap());
  }

  @Test
  void theLastOfAKeyCounts() {
    ByteString twice = options("k", "x").concat(options("k", "y"));
    assertThat(MapEntries.take(twice, OPTIONS).orElseThrow().maps())
        .containsExactly(Map.of("k", any("y")));
  }

  @Test
  void eachMessageOnTheWayHasItsOwnMap() throws IOException {
    Bootstrap sent =
        Bootstrap.newBuilder()
            .setStaticResources(
                Bootstrap.StaticResources.newBuilder()
                    .addClusters(
                        Cluster.newBuilder()
                            .setName("a")
                            .putTypedExtensionProtocolOptions("k", any("x")))
                    .addClusters(Cluster.newBuilder().setName("b"))
                    .addClusters(
                        Cluster.newBuilder()
                            .setName("c")
                            .putTypedExtensionProtocolOptions("k", any("z"))))
            .setAdmin(Admin.newBuilder().setIgnoreGlobalConnLimit(true))
            .build();
    MapEntries taken =
        MapEntries.take(
                sent.toByteString(),
                Bootstrap.STATIC_RESOURCES_FIELD_NUMBER,
                Bootstrap.StaticResources.CLUSTERS_FIELD_NUMBER,
                OPTIONS)
            .orElseThrow();
    assertThat(taken.maps())
        .containsExactly(Map.of("k", any("x")), Map.of(), Map.of("k", any("z")));
    Bootstrap rest = Bootstrap.parseFrom(taken.rest());
    assertThat(rest.getAdmin()).isEqualTo(sent.getAdmin());
    assertThat(rest.getStaticResources().getClustersList())
        .extracting(Cluster::getName)
        .containsExactly("a", "b", "c");
    assertThat(rest.getStaticResources().getClustersList())
        .allMatch(cluster -> cluster.getTypedExtensionProtocolOptionsCount() == 0);
  }

  @Test
  void whatHasNoSuchMapStaysTheSameObject() {
    ByteString plain = Cluster.newBuilder().setName("a").build().toByteString();
    assertThat(MapEntries.take(plain, OPTIONS).orElseThrow().rest()).isSameAs(plain);
  }

  @Test
  void bytesThatAreNoMessageAndEntriesThatAreNoneGiveNothing() {
    ByteString truncated = ByteString.copyFrom(new byte[] {(byte) 0xa2, 2, 100, 1});
    ByteString ended = ByteString.copyFrom(new byte[] {0x0c, 0x0a, 0});
    ByteString badEntry = ByteString.copyFrom(new byte[] {(byte) 0xa2, 2, 2, 0x12, 9});
    ByteString badKey = ByteString.copyFrom(new byte[] {(byte) 0xa2, 2, 3, 0x0a, 1, (byte) 0xff});
    assertThat(List.of(truncated, ended, badEntry, badKey))
        .allMatch(bytes -> MapEntries.take(bytes, OPTIONS).isEmpty())
        .allSatisfy(bytes ->
            assertThat(new ResourceParser(ParseOptions.STRICT).cluster(bytes).toString())
                .contains("bytes that are not a message"));
  }

  /** In a JVM of its own, as any other test may have initialised them. */
  @Test
  void aClusterWithSuchOptionsIsReadWithoutTheDescriptorsOfItsFile() throws Exception {
    Process process =
        new ProcessBuilder(
                List.of(
                    new File(System.getProperty("java.home"), "bin/java").getPath(),
                    "-Xlog:class+init=info",
                    "-cp",
                    System.getProperty("java.class.path"),
                    ReadsACluster.class.getName()))
            .redirectErrorStream(true)
            .start();
    List<String> lines;
    try (BufferedReader out = process.inputReader()) {
      lines = out.lines().toList();
    }
    assertThat(process.waitFor()).isZero();
    assertThat(lines.stream().filter(line -> !line.startsWith("[")).toList())
        .singleElement()
        .asString()
        .startsWith("read Ok");
    assertThat(lines.stream().filter(line -> line.contains("Descriptors$FileDescriptor'")).toList())
        .isEmpty();
  }

  /** Reads one cluster, given as bytes, as building one would initialise the descriptors. */
  static final class ReadsACluster {
    public static void main(String[] args) throws IOException {
      ByteString http =
          message(3, message(1, ByteString.EMPTY)); // explicit_http_config, http_protocol_options
      ByteString any =
          message(1, ByteString.copyFromUtf8("type.googleapis.com/" + UpstreamHttpReader.TYPE))
              .concat(message(2, http));
      ByteString cluster =
          message(1, ByteString.copyFromUtf8("c"))
              .concat(ByteString.copyFrom(new byte[] {2 << 3, 3})) // EDS
              .concat(message(3, message(1, message(3, ByteString.EMPTY)))) // by ADS
              .concat(
                  message(
                      36,
                      message(1, ByteString.copyFromUtf8(UpstreamHttpReader.KEY))
                          .concat(message(2, any))));
      System.out.println("read " + new ResourceParser(ParseOptions.STRICT).cluster(cluster));
    }

    private static ByteString message(int field, ByteString content) throws IOException {
      ByteString.Output bytes = ByteString.newOutput();
      CodedOutputStream out = CodedOutputStream.newInstance(bytes);
      out.writeBytes(field, content);
      out.flush();
      return bytes.toByteString();
    }
  }

  private static ByteString options(String key, String type) {
    return Cluster.newBuilder()
        .putTypedExtensionProtocolOptions(key, any(type))
        .build()
        .toByteString();
  }

  private static Any any(String type) {
    return Any.newBuilder().setTypeUrl(type).setValue(ByteString.copyFromUtf8(type)).build();
  }
}

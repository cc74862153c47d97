package io.heddle.proxy.filters.grpcaccesslog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.RequestMethod;
import io.envoyproxy.envoy.data.accesslog.v3.HTTPAccessLogEntry;
import io.envoyproxy.envoy.extensions.access_loggers.grpc.v3.CommonGrpcAccessLogConfig;
import io.envoyproxy.envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig;
import io.envoyproxy.envoy.service.accesslog.v3.StreamAccessLogsMessage;
import io.envoyproxy.envoy.type.tracing.v3.CustomTag;
import io.heddle.proxy.api.AccessLogger;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.filters.harness.FakeFactoryContext;
import io.heddle.proxy.filters.harness.FakeGrpcClient;
import io.heddle.proxy.filters.harness.FilterHarness;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class GrpcAccessLoggerTest {
  private final FakeFactoryContext context = new FakeFactoryContext();

  @Test
  void sendsWhatIsKnownOfAnExchange() throws Exception {
    AccessLogger logger =
        logger(
            HttpGrpcAccessLogConfig.newBuilder()
                .addAdditionalRequestHeadersToLog("x-a")
                .addAdditionalResponseHeadersToLog("x-b"),
            common()
                .addCustomTags(
                    CustomTag.newBuilder()
                        .setTag("t")
                        .setLiteral(CustomTag.Literal.newBuilder().setValue("v")))
                .addCustomTags(
                    CustomTag.newBuilder()
                        .setTag("h")
                        .setRequestHeader(CustomTag.Header.newBuilder().setName("x-none"))));
    log(logger, "POST", "/p?q=1");
    assertThat(context.grpcClient().streams()).isEmpty();
    context.background().tick();
    FakeGrpcClient.FakeStream stream = context.grpcClient().streams().getLast();
    assertThat(stream.method())
        .isEqualTo("envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs");
    assertThat(stream.target().cluster()).isEqualTo("als");
    StreamAccessLogsMessage message = (StreamAccessLogsMessage) stream.sent().getFirst();
    assertThat(message.getIdentifier().getLogName()).isEqualTo("echo");
    assertThat(message.getIdentifier().getNode().getId()).isEqualTo("id");
    HTTPAccessLogEntry entry = message.getHttpLogs().getLogEntry(0);
    assertThat(entry.getProtocolVersion()).isEqualTo(HTTPAccessLogEntry.HTTPVersion.HTTP11);
    assertThat(entry.getRequest().getRequestMethod()).isEqualTo(RequestMethod.POST);
    assertThat(entry.getRequest().getPath()).isEqualTo("/p?q=1");
    assertThat(entry.getRequest().getAuthority()).isEqualTo("service");
    assertThat(entry.getRequest().getRequestHeadersMap()).containsEntry("x-a", "1,2");
    assertThat(entry.getRequest().getRequestId()).isEqualTo("r-1");
    assertThat(entry.getResponse().getResponseCode()).isEqualTo(UInt32Value.of(201));
    assertThat(entry.getResponse().getResponseHeadersMap()).containsEntry("x-b", "3");
    assertThat(entry.getCommonProperties().getDownstreamWireBytesReceived()).isEqualTo(100);
    assertThat(entry.getCommonProperties().getDownstreamWireBytesSent()).isEqualTo(200);
    assertThat(entry.getCommonProperties().getUpstreamWireBytesReceived()).isEqualTo(1100);
    assertThat(entry.getCommonProperties().getUpstreamWireBytesSent()).isEqualTo(1200);
    assertThat(entry.getRequest().getDownstreamHeaderBytesReceived()).isEqualTo(30);
    assertThat(entry.getRequest().getUpstreamHeaderBytesSent()).isEqualTo(140);
    assertThat(entry.getResponse().getUpstreamHeaderBytesReceived()).isEqualTo(130);
    assertThat(entry.getResponse().getDownstreamHeaderBytesSent()).isEqualTo(40);
    assertThat(entry.getCommonProperties().getUpstreamCluster()).isEqualTo("service");
    assertThat(entry.getCommonProperties().getRouteName()).isEqualTo("route");
    assertThat(entry.getCommonProperties().getCustomTagsMap()).containsOnlyKeys("t");
    assertThat(
            entry
                .getCommonProperties()
                .getMetadata()
                .getFilterMetadataOrThrow("ns")
                .getFieldsOrThrow("k")
                .getStringValue())
        .isEqualTo("m");
    assertThat(
            entry
                .getCommonProperties()
                .getDownstreamLocalAddress()
                .getSocketAddress()
                .getPortValue())
        .isEqualTo(8000);
    log(logger, "GET", "/2");
    context.background().tick();
    StreamAccessLogsMessage second = (StreamAccessLogsMessage) stream.sent().getLast();
    assertThat(second.hasIdentifier()).isFalse();
    assertThat(context.stats().value("server.access_logs.grpc_access_log.logs_written"))
        .isEqualTo(2);
    logger.close();
    context.background().runSoon();
    assertThat(stream.closed()).isTrue();
    assertThat(context.background().regular()).isZero();
  }

  @Test
  void sendsAtOnceWhatFillsTheBuffer() throws Exception {
    AccessLogger logger =
        logger(
            HttpGrpcAccessLogConfig.newBuilder(), common().setBufferSizeBytes(UInt32Value.of(0)));
    log(logger, "GET", "/");
    context.background().runSoon();
    assertThat(context.grpcClient().streams().getLast().sent()).hasSize(1);
  }

  @Test
  void waitsForASlowServiceAndDropsWhatIsTooMuch() throws Exception {
    AccessLogger logger = logger(HttpGrpcAccessLogConfig.newBuilder(), common());
    context.grpcClient().ready(false);
    String longPath = "/" + "x".repeat(10_000);
    for (int i = 0; i < 120; i++) {
      log(logger, "GET", longPath);
    }
    context.background().tick();
    assertThat(context.grpcClient().streams().getLast().sent()).isEmpty();
    assertThat(context.stats().value("server.access_logs.grpc_access_log.logs_dropped"))
        .isPositive();
    context.grpcClient().ready(true);
    context.background().tick();
    StreamAccessLogsMessage message =
        (StreamAccessLogsMessage) context.grpcClient().streams().getLast().sent().getFirst();
    assertThat((long) message.getHttpLogs().getLogEntryCount())
        .isEqualTo(context.stats().value("server.access_logs.grpc_access_log.logs_written"));
    assertThat(message.getSerializedSize()).isLessThan((int) LogStream.MOST_WAITING + 10_000);
  }

  @Test
  void opensAnotherStreamAfterAGrowingWait() throws Exception {
    AccessLogger logger = logger(HttpGrpcAccessLogConfig.newBuilder(), common());
    log(logger, "GET", "/1");
    context.background().tick();
    context.grpcClient().streams().getFirst().fail(14);
    context.background().runSoon();
    log(logger, "GET", "/2");
    context.background().tick();
    assertThat(context.grpcClient().streams()).hasSize(1);
    context.time().advance(Duration.ofMillis(100));
    context.background().tick();
    assertThat(context.grpcClient().streams()).hasSize(2);
    StreamAccessLogsMessage message =
        (StreamAccessLogsMessage) context.grpcClient().streams().getLast().sent().getFirst();
    assertThat(message.hasIdentifier()).isTrue();
    assertThat(message.getHttpLogs().getLogEntry(0).getRequest().getPath()).isEqualTo("/2");
  }

  @Test
  void aConfigurationThatIsOnlyCheckedLeavesNothing() throws Exception {
    logger(HttpGrpcAccessLogConfig.newBuilder(), common()).close();
    assertThat(context.background().regular()).isZero();
    assertThatThrownBy(
            () -> logger(HttpGrpcAccessLogConfig.newBuilder(), common().clearGrpcService()))
        .isInstanceOf(FilterConfigException.class)
        .hasMessageContaining("common_config.grpc_service");
    assertThatThrownBy(() -> logger(HttpGrpcAccessLogConfig.newBuilder(), common().clearLogName()))
        .isInstanceOf(FilterConfigException.class)
        .hasMessageContaining("common_config.log_name");
  }

  private static CommonGrpcAccessLogConfig.Builder common() {
    return CommonGrpcAccessLogConfig.newBuilder()
        .setLogName("echo")
        .setGrpcService(
            GrpcService.newBuilder()
                .setEnvoyGrpc(GrpcService.EnvoyGrpc.newBuilder().setClusterName("als")));
  }

  private AccessLogger logger(
      HttpGrpcAccessLogConfig.Builder message, CommonGrpcAccessLogConfig.Builder common)
      throws FilterConfigException {
    return new HttpGrpcAccessLoggerFactory()
        .parse(Any.pack(message.setCommonConfig(common).build()), context);
  }

  private static void log(AccessLogger logger, String method, String path) {
    try (FilterHarness harness = FilterHarness.of(ignored -> new HttpFilter() {})) {
      harness.request(method, path, "x-a", "1", "x-a", "2", "x-request-id", "r-1");
      harness
          .context()
          .dynamicMetadata()
          .put("ns", "k", Value.newBuilder().setStringValue("m").build());
      harness.requestData("", true);
      harness.response(201, "x-b", "3").responseData("y", true);
      logger.log(harness.context());
    }
  }
}

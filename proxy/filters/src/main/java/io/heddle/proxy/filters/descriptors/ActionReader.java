package io.heddle.proxy.filters.descriptors;

import com.google.protobuf.BoolValue;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.route.v3.RateLimit;
import io.envoyproxy.envoy.type.metadata.v3.MetadataKey;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.filters.config.HeaderMatcher;
import io.heddle.proxy.filters.config.HeaderNames;
import io.heddle.proxy.filters.config.SetFields;
import io.heddle.proxy.filters.descriptors.Descriptor.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Reads {@code envoy.config.route.v3.RateLimit.Action}. */
final class ActionReader {
  private static final String KEY = "descriptor_key";
  private static final String VALUE = "descriptor_value";

  private ActionReader() {}

  @SuppressWarnings("deprecation") // dynamic_metadata, which Envoy still reads on routes.
  static Action read(
      RateLimit.Action message, String path, boolean ofRoute, FilterFactoryContext context)
      throws FilterConfigException {
    return switch (message.getActionSpecifierCase()) {
      case SOURCE_CLUSTER ->
          new Action.Fixed(new Entry("source_cluster", context.server().node().cluster()));
      case DESTINATION_CLUSTER -> new Action.DestinationCluster();
      case REQUEST_HEADERS -> {
        RateLimit.Action.RequestHeaders header = message.getRequestHeaders();
        String at = SetFields.at(path, "request_headers");
        SetFields.allow(header, at, Set.of("header_name", KEY, "skip_if_absent"));
        yield new Action.RequestHeader(
            HeaderNames.of(header.getHeaderName(), SetFields.at(at, "header_name")),
            notEmpty(header.getDescriptorKey(), at, KEY),
            header.getSkipIfAbsent());
      }
      case QUERY_PARAMETERS -> {
        RateLimit.Action.QueryParameters parameter = message.getQueryParameters();
        String at = SetFields.at(path, "query_parameters");
        SetFields.allow(parameter, at, Set.of("query_parameter_name", KEY, "skip_if_absent"));
        yield new Action.QueryParameter(
            notEmpty(parameter.getQueryParameterName(), at, "query_parameter_name"),
            notEmpty(parameter.getDescriptorKey(), at, KEY),
            parameter.getSkipIfAbsent());
      }
      case REMOTE_ADDRESS -> new Action.RemoteAddress();
      case MASKED_REMOTE_ADDRESS ->
          masked(message.getMaskedRemoteAddress(), SetFields.at(path, "masked_remote_address"));
      case GENERIC_KEY -> {
        RateLimit.Action.GenericKey key = message.getGenericKey();
        String at = SetFields.at(path, "generic_key");
        SetFields.allow(key, at, Set.of(KEY, VALUE));
        yield new Action.Fixed(
            new Entry(
                or(key.getDescriptorKey(), "generic_key"),
                notEmpty(key.getDescriptorValue(), at, VALUE)));
      }
      case HEADER_VALUE_MATCH ->
          headers(message.getHeaderValueMatch(), SetFields.at(path, "header_value_match"));
      case QUERY_PARAMETER_VALUE_MATCH ->
          parameters(
              message.getQueryParameterValueMatch(),
              SetFields.at(path, "query_parameter_value_match"));
      case METADATA -> metadata(message.getMetadata(), SetFields.at(path, "metadata"));
      case DYNAMIC_METADATA -> {
        String at = SetFields.at(path, "dynamic_metadata");
        if (!ofRoute) {
          throw new FilterConfigException(at, "set", "metadata: there is no older form here");
        }
        RateLimit.Action.DynamicMetaData dynamic = message.getDynamicMetadata();
        SetFields.allow(dynamic, at, Set.of(KEY, "metadata_key", "default_value"));
        yield new Action.Metadata(
            notEmpty(dynamic.getDescriptorKey(), at, KEY),
            key(dynamic.getMetadataKey(), at),
            /* ofRoute= */ false,
            dynamic.getDefaultValue(),
            /* skipIfAbsent= */ false);
      }
      case EXTENSION ->
          throw new FilterConfigException(
              SetFields.at(path, "extension"),
              message.getExtension().getTypedConfig().getTypeUrl(),
              "not set: it is not supported here");
      case ACTIONSPECIFIER_NOT_SET ->
          throw new FilterConfigException(path, "no action", "one that is known here");
    };
  }

  private static Action masked(RateLimit.Action.MaskedRemoteAddress message, String at)
      throws FilterConfigException {
    SetFields.allow(message, at, Set.of("v4_prefix_mask_len", "v6_prefix_mask_len"));
    return new Action.MaskedRemoteAddress(
        bits(
            message.hasV4PrefixMaskLen(),
            message.getV4PrefixMaskLen(),
            32,
            SetFields.at(at, "v4_prefix_mask_len")),
        bits(
            message.hasV6PrefixMaskLen(),
            message.getV6PrefixMaskLen(),
            128,
            SetFields.at(at, "v6_prefix_mask_len")));
  }

  private static int bits(boolean set, UInt32Value value, int most, String at)
      throws FilterConfigException {
    if (!set) {
      return most;
    }
    int bits = value.getValue();
    if (bits < 0 || bits > most) {
      throw new FilterConfigException(at, Integer.toUnsignedString(bits), "0 to " + most);
    }
    return bits;
  }

  private static Action headers(RateLimit.Action.HeaderValueMatch message, String at)
      throws FilterConfigException {
    SetFields.allow(message, at, Set.of(KEY, VALUE, "expect_match", "headers"));
    if (message.getHeadersCount() == 0) {
      throw new FilterConfigException(SetFields.at(at, "headers"), "none", "at least one");
    }
    List<HeaderMatcher> headers = new ArrayList<>();
    for (int i = 0; i < message.getHeadersCount(); i++) {
      headers.add(HeaderMatcher.of(message.getHeaders(i), SetFields.at(at, "headers", i)));
    }
    return new Action.HeaderValueMatch(
        new Entry(
            or(message.getDescriptorKey(), "header_match"),
            notEmpty(message.getDescriptorValue(), at, VALUE)),
        expected(message.hasExpectMatch(), message.getExpectMatch()),
        List.copyOf(headers));
  }

  private static Action parameters(RateLimit.Action.QueryParameterValueMatch message, String at)
      throws FilterConfigException {
    SetFields.allow(message, at, Set.of(KEY, VALUE, "expect_match", "query_parameters"));
    if (message.getQueryParametersCount() == 0) {
      throw new FilterConfigException(SetFields.at(at, "query_parameters"), "none", "at least one");
    }
    List<Query.Matcher> parameters = new ArrayList<>();
    for (int i = 0; i < message.getQueryParametersCount(); i++) {
      parameters.add(
          Query.Matcher.of(message.getQueryParameters(i), SetFields.at(at, "query_parameters", i)));
    }
    return new Action.QueryParameterValueMatch(
        new Entry(
            or(message.getDescriptorKey(), "query_match"),
            notEmpty(message.getDescriptorValue(), at, VALUE)),
        expected(message.hasExpectMatch(), message.getExpectMatch()),
        List.copyOf(parameters));
  }

  private static Action metadata(RateLimit.Action.MetaData message, String at)
      throws FilterConfigException {
    SetFields.allow(
        message, at, Set.of(KEY, "metadata_key", "default_value", "source", "skip_if_absent"));
    boolean ofRoute =
        switch (message.getSource()) {
          case DYNAMIC -> false;
          case ROUTE_ENTRY -> true;
          case UNRECOGNIZED ->
              throw new FilterConfigException(
                  SetFields.at(at, "source"),
                  Integer.toString(message.getSourceValue()),
                  "DYNAMIC or ROUTE_ENTRY");
        };
    return new Action.Metadata(
        notEmpty(message.getDescriptorKey(), at, KEY),
        key(message.getMetadataKey(), at),
        ofRoute,
        message.getDefaultValue(),
        message.getSkipIfAbsent());
  }

  private static MetadataPath key(MetadataKey key, String at) throws FilterConfigException {
    return MetadataPath.of(key, SetFields.at(at, "metadata_key"));
  }

  private static boolean expected(boolean set, BoolValue value) {
    return !set || value.getValue();
  }

  private static String or(String value, String otherwise) {
    return value.isEmpty() ? otherwise : value;
  }

  private static String notEmpty(String value, String at, String field)
      throws FilterConfigException {
    if (value.isEmpty()) {
      throw new FilterConfigException(SetFields.at(at, field), "", "not empty");
    }
    return value;
  }
}

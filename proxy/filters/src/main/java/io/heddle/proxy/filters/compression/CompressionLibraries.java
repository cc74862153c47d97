package io.heddle.proxy.filters.compression;

import com.aayushatharva.brotli4j.encoder.Encoder;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.extensions.compression.brotli.compressor.v3.Brotli.EncoderMode;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.filters.config.SetFields;
import java.util.Set;
import java.util.zip.Deflater;

/** Reads which library is asked for, and how it is set. Loads only the natives that are. */
public final class CompressionLibraries {
  private static final String PREFIX = "envoy.extensions.compression.";

  private CompressionLibraries() {}

  /** A library that compresses. */
  public static Compressor.Library compressor(TypedExtensionConfig config, String path)
      throws FilterConfigException {
    String at = SetFields.at(path, "typed_config");
    return switch (type(config)) {
      case PREFIX + "gzip.compressor.v3.Gzip" -> gzip(config, at);
      case PREFIX + "brotli.compressor.v3.Brotli" -> brotli(config, at);
      case PREFIX + "zstd.compressor.v3.Zstd" -> zstd(config, at);
      default ->
          throw new FilterConfigException(
              at, config.getTypedConfig().getTypeUrl(), "a gzip, brotli or zstd compressor");
    };
  }

  private static String type(TypedExtensionConfig config) {
    String url = config.getTypedConfig().getTypeUrl();
    return url.substring(url.lastIndexOf('/') + 1);
  }

  private static int between(
      boolean set, UInt32Value value, int otherwise, int least, int most, String path)
      throws FilterConfigException {
    if (!set) {
      return otherwise;
    }
    int number = value.getValue();
    if (number < least || number > most) {
      throw new FilterConfigException(
          path, Integer.toUnsignedString(number), least + " to " + most);
    }
    return number;
  }

  private static Compressor.Library gzip(TypedExtensionConfig config, String at)
      throws FilterConfigException {
    var message =
        SetFields.unpack(
            config.getTypedConfig(),
            io.envoyproxy.envoy.extensions.compression.gzip.compressor.v3.Gzip.class);
    // The JDK's zlib has one window and one memory level, which only cost ratio.
    SetFields.allow(
        message,
        at,
        Set.of(
            "memory_level",
            "compression_level",
            "compression_strategy",
            "window_bits",
            "chunk_size"));
    between(message.hasMemoryLevel(), message.getMemoryLevel(), 8, 1, 9, at + ".memory_level");
    between(message.hasWindowBits(), message.getWindowBits(), 15, 9, 15, at + ".window_bits");
    int strategy =
        switch (message.getCompressionStrategy()) {
          case DEFAULT_STRATEGY -> Deflater.DEFAULT_STRATEGY;
          case FILTERED -> Deflater.FILTERED;
          case HUFFMAN_ONLY -> Deflater.HUFFMAN_ONLY;
          case RLE, FIXED, UNRECOGNIZED ->
              throw new FilterConfigException(
                  at + ".compression_strategy",
                  message.getCompressionStrategy().name(),
                  "DEFAULT_STRATEGY, FILTERED or HUFFMAN_ONLY");
        };
    int level = message.getCompressionLevelValue();
    if (level > 9) {
      throw new FilterConfigException(at + ".compression_level", Integer.toString(level), "0 to 9");
    }
    return new Gzip.Compressing(level == 0 ? Deflater.DEFAULT_COMPRESSION : level, strategy);
  }

  private static Compressor.Library brotli(TypedExtensionConfig config, String at)
      throws FilterConfigException {
    var message =
        SetFields.unpack(
            config.getTypedConfig(),
            io.envoyproxy.envoy.extensions.compression.brotli.compressor.v3.Brotli.class);
    SetFields.allow(
        message,
        at,
        Set.of("quality", "encoder_mode", "window_bits", "input_block_bits", "chunk_size"));
    there(Brotli.available(), at);
    Encoder.Mode mode =
        switch (message.getEncoderMode()) {
          case DEFAULT, GENERIC -> Encoder.Mode.GENERIC;
          case TEXT -> Encoder.Mode.TEXT;
          case FONT -> Encoder.Mode.FONT;
          case UNRECOGNIZED ->
              throw new FilterConfigException(
                  at + ".encoder_mode",
                  Integer.toString(message.getEncoderModeValue()),
                  EncoderMode.DEFAULT + ", GENERIC, TEXT or FONT");
        };
    return new Brotli.Compressing(
        between(message.hasQuality(), message.getQuality(), 3, 0, 11, at + ".quality"),
        between(message.hasWindowBits(), message.getWindowBits(), 18, 10, 24, at + ".window_bits"),
        mode);
  }

  private static Compressor.Library zstd(TypedExtensionConfig config, String at)
      throws FilterConfigException {
    var message =
        SetFields.unpack(
            config.getTypedConfig(),
            io.envoyproxy.envoy.extensions.compression.zstd.compressor.v3.Zstd.class);
    SetFields.allow(
        message, at, Set.of("compression_level", "enable_checksum", "strategy", "chunk_size"));
    there(ZstdCoding.available(), at);
    return new ZstdCoding.Compressing(
        between(
            message.hasCompressionLevel(),
            message.getCompressionLevel(),
            3,
            0,
            22,
            at + ".compression_level"),
        message.getEnableChecksum(),
        message.getStrategyValue());
  }

  private static void there(boolean available, String at) throws FilterConfigException {
    if (!available) {
      throw new FilterConfigException(
          at, "no native library for this machine", "gzip, or another machine");
    }
  }

  /** A library that decompresses. */
  public static Decompressor.Library decompressor(TypedExtensionConfig config, String path)
      throws FilterConfigException {
    String at = SetFields.at(path, "typed_config");
    return switch (type(config)) {
      case PREFIX + "gzip.decompressor.v3.Gzip" -> {
        var message =
            SetFields.unpack(
                config.getTypedConfig(),
                io.envoyproxy.envoy.extensions.compression.gzip.decompressor.v3.Gzip.class);
        SetFields.allow(message, at, Set.of("window_bits", "chunk_size", "max_inflate_ratio"));
        yield new Gzip.Decompressing(
            between(
                message.hasMaxInflateRatio(),
                message.getMaxInflateRatio(),
                100,
                1,
                1032,
                at + ".max_inflate_ratio"));
      }
      case PREFIX + "brotli.decompressor.v3.Brotli" -> {
        SetFields.allow(
            SetFields.unpack(
                config.getTypedConfig(),
                io.envoyproxy.envoy.extensions.compression.brotli.decompressor.v3.Brotli.class),
            at,
            Set.of("disable_ring_buffer_reallocation", "chunk_size"));
        there(Brotli.available(), at);
        yield new Brotli.Decompressing();
      }
      case PREFIX + "zstd.decompressor.v3.Zstd" -> {
        SetFields.allow(
            SetFields.unpack(
                config.getTypedConfig(),
                io.envoyproxy.envoy.extensions.compression.zstd.decompressor.v3.Zstd.class),
            at,
            Set.of("chunk_size"));
        there(ZstdCoding.available(), at);
        yield new ZstdCoding.Decompressing();
      }
      default ->
          throw new FilterConfigException(
              at, config.getTypedConfig().getTypeUrl(), "a gzip, brotli or zstd decompressor");
    };
  }
}

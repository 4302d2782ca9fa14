package io.jobcleanup.server.demo;

import java.awt.Color;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import javax.imageio.ImageIO;

/** Pictures to work on: painted here, resampled by the workers. */
final class Pictures {
  private static final int WIDTH = 640;
  private static final int HEIGHT = 480;
  private static final int BUBBLES = 60;

  private Pictures() {}

  /** Paints a picture of its own for each {@code seed}, and writes it as a PNG. */
  static void paint(long seed, Path file) throws IOException {
    Random random = new Random(seed);
    BufferedImage picture = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
    Graphics2D canvas = picture.createGraphics();
    canvas.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    canvas.setPaint(
        new GradientPaint(0, 0, colour(random, 255), WIDTH, HEIGHT, colour(random, 255)));
    canvas.fillRect(0, 0, WIDTH, HEIGHT);
    for (int i = 0; i < BUBBLES; i++) {
      canvas.setColor(colour(random, 140));
      int size = 20 + random.nextInt(120);
      canvas.fillOval(
          random.nextInt(WIDTH) - size / 2, random.nextInt(HEIGHT) - size / 2, size, size);
    }
    canvas.dispose();
    write(picture, "png", file);
  }

  /**
   * Reads a picture, resamples it to {@code width} pixels in steps that double it, as bicubic
   * filters look best so, and writes it as a JPEG.
   */
  static void resample(Path from, int width, Path to) throws IOException {
    BufferedImage picture = ImageIO.read(from.toFile());
    if (picture == null) {
      throw new IOException(from + " is no picture");
    }
    while (picture.getWidth() < width) {
      int wider = Math.min(width, picture.getWidth() * 2);
      BufferedImage larger =
          new BufferedImage(
              wider, picture.getHeight() * wider / picture.getWidth(), BufferedImage.TYPE_INT_RGB);
      Graphics2D canvas = larger.createGraphics();
      canvas.setRenderingHint(
          RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
      canvas.drawImage(picture, 0, 0, larger.getWidth(), larger.getHeight(), null);
      canvas.dispose();
      picture = larger;
    }
    write(picture, "jpg", to);
  }

  private static void write(BufferedImage picture, String format, Path file) throws IOException {
    if (!ImageIO.write(picture, format, file.toFile())) {
      throw new IOException("this Java can't write " + format);
    }
  }

  private static Color colour(Random random, int opacity) {
    return new Color(random.nextInt(256), random.nextInt(256), random.nextInt(256), opacity);
  }
}

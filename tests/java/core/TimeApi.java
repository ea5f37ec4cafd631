import java.time.*;
import java.time.chrono.*;
import java.time.format.*;
import java.time.temporal.*;
import java.util.*;

/* java.time, Date and Calendar. */
public class TimeApi {
    public static void main(String[] args) {
        LocalDate d = LocalDate.of(2024, 2, 29);
        System.out.println(d.plusYears(1) + " " + d.plusMonths(12).getDayOfWeek() + " " + d.with(TemporalAdjusters.lastDayOfYear()) + " " + d.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR) + " " + d.isLeapYear() + " " + d.until(LocalDate.of(2025, 1, 1)) + " " + ChronoUnit.DAYS.between(d, LocalDate.EPOCH) + " " + d.with(TemporalAdjusters.next(DayOfWeek.MONDAY)) + " " + d.getDayOfYear());
        LocalDateTime dt = d.atTime(23, 59, 59, 123_456_789);
        System.out.println(dt + " " + dt.plusSeconds(1) + " " + dt.truncatedTo(ChronoUnit.HOURS) + " " + dt.toLocalTime().minusHours(25) + " " + dt.format(DateTimeFormatter.ISO_WEEK_DATE));
        System.out.println(dt.format(DateTimeFormatter.ofPattern("EEEE, d MMMM yyyy hh:mm:ss.SSS a", Locale.US)) + " | " + dt.format(DateTimeFormatter.ofPattern("EE dd-MMM-uu HH:mm", Locale.FRANCE)) + " | " + dt.format(DateTimeFormatter.ofPattern("QQQ G e", Locale.ROOT)));
        System.out.println(DateTimeFormatter.ofLocalizedDate(FormatStyle.FULL).withLocale(Locale.GERMANY).format(d) + " | " + DateTimeFormatter.ofLocalizedDate(FormatStyle.SHORT).withLocale(Locale.US).format(d) + " | " + DateTimeFormatter.ofLocalizedDate(FormatStyle.LONG).withLocale(Locale.JAPAN).format(d));
        ZonedDateTime z = ZonedDateTime.of(2024, 3, 31, 1, 30, 0, 0, ZoneId.of("Europe/Berlin"));
        System.out.println(z + " " + z.plusHours(1) + " " + z.withZoneSameInstant(ZoneId.of("America/New_York")) + " " + z.toInstant() + " " + z.getZone().getRules().isDaylightSavings(z.plusDays(1).toInstant()) + " " + ZonedDateTime.of(LocalDateTime.of(2024, 10, 27, 2, 30), ZoneId.of("Europe/Berlin")).withLaterOffsetAtOverlap() + " " + ZoneId.of("Asia/Kolkata").getRules().getOffset(Instant.EPOCH));
        System.out.println(Duration.ofSeconds(3661, 5) + " " + Duration.parse("PT1H30M").toMinutes() + " " + Duration.between(dt, dt.plusDays(2)).toHours() + " " + Period.parse("P1Y2M3D").toTotalMonths() + " " + Duration.ofMillis(-1) + " " + Duration.ofHours(49).toDaysPart() + " " + Period.between(d, LocalDate.of(2030, 7, 1)));
        System.out.println(Instant.ofEpochSecond(-1, 1) + " " + Instant.MAX + " " + Instant.parse("2007-12-03T10:15:30.00Z").toEpochMilli() + " " + OffsetDateTime.of(dt, ZoneOffset.ofHoursMinutes(-3, -30)) + " " + Year.of(1900).isLeap() + " " + YearMonth.of(2023, 2).lengthOfMonth() + " " + MonthDay.parse("--12-25") + " " + DayOfWeek.FRIDAY.plus(10) + " " + Month.JANUARY.getDisplayName(TextStyle.SHORT, Locale.ITALY));
        System.out.println(LocalDate.parse("03/04/2021", DateTimeFormatter.ofPattern("dd/MM/yyyy")) + " " + LocalTime.parse("07:08") + " " + DateTimeFormatter.RFC_1123_DATE_TIME.format(z) + " " + DateTimeFormatter.ISO_INSTANT.parse("2020-01-01T00:00:00Z", Instant::from) + " " + new DateTimeFormatterBuilder().appendPattern("HH[:mm]").parseDefaulting(ChronoField.MINUTE_OF_HOUR, 7).toFormatter().parse("12", LocalTime::from));
        for (String bad : new String[] {"2023-02-29", "2023-13-01", "x"}) try { LocalDate.parse(bad); } catch (DateTimeParseException e) { System.out.println(e.getMessage()); }
        try { LocalTime.of(25, 0); } catch (DateTimeException e) { System.out.println(e.getMessage()); }
        try { ZoneId.of("No/Where"); } catch (DateTimeException e) { System.out.println(e.getMessage()); }
        try { LocalDate.now().get(ChronoField.HOUR_OF_DAY); } catch (UnsupportedTemporalTypeException e) { System.out.println(e.getMessage()); }
        System.out.println(JapaneseDate.from(d) + " " + ThaiBuddhistDate.from(d) + " " + MinguoDate.from(d) + " " + HijrahDate.from(d) + " " + IsoChronology.INSTANCE.dateYearDay(2024, 366));
        Clock fixed = Clock.fixed(Instant.EPOCH, ZoneOffset.UTC);
        System.out.println(LocalDateTime.now(fixed) + " " + Clock.offset(fixed, Duration.ofDays(1)).instant() + " " + (Clock.systemUTC().millis() > 1_600_000_000_000L) + " " + (Instant.now().getEpochSecond() > 1_600_000_000L));
        GregorianCalendar cal = new GregorianCalendar(TimeZone.getTimeZone("America/Los_Angeles"), Locale.US);
        cal.clear();
        cal.set(2021, Calendar.NOVEMBER, 7, 0, 30);
        System.out.print(cal.getTimeInMillis() + " ");
        cal.add(Calendar.HOUR, 3);
        System.out.println(cal.get(Calendar.HOUR_OF_DAY) + " " + cal.get(Calendar.DST_OFFSET) + " " + cal.getActualMaximum(Calendar.DAY_OF_MONTH) + " " + cal.get(Calendar.WEEK_OF_YEAR) + " " + cal.toZonedDateTime());
        java.text.SimpleDateFormat f = new java.text.SimpleDateFormat("yyyy-MM-dd'T'HH:mm:ss.SSSXXX EEE", Locale.UK);
        f.setTimeZone(TimeZone.getTimeZone("Asia/Tokyo"));
        System.out.println(f.format(new Date(0)) + " " + TimeZone.getTimeZone("GMT+5:30").getRawOffset() + " " + TimeZone.getTimeZone("Europe/Paris").getDisplayName(true, TimeZone.LONG, Locale.US) + " " + new Date(0).compareTo(new Date(1)));
        System.out.println(TemporalAdjusters.dayOfWeekInMonth(2, DayOfWeek.TUESDAY).adjustInto(d) + " " + WeekFields.of(Locale.US).getFirstDayOfWeek() + " " + ChronoField.EPOCH_DAY.range() + " " + d.datesUntil(d.plusDays(3)).toList());
    }
}

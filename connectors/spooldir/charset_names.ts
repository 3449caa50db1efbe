/** How the bytes of a charset become text. */
export interface CharsetPlan {
  /**
   * single: one byte, one character, by a table of iconv-lite; web: a decoder of the Web's; utf16, utf32: in the byte order
   * `encoding` says, `?` meaning that a byte order mark may say otherwise.
   */
  readonly kind: "utf8" | "utf16" | "utf32" | "single" | "web";
  /** What the decoder calls it. */
  readonly encoding: string;
}

/**
 * Charsets of Java 17: kind, encoding, Java's name, its aliases. Those of one byte and UTF decode as in Java. Those of East Asia
 * differ in a few symbols, which the Web reads as Windows does, and in characters outside their standards (Big5's extensions).
 * Left out are EBCDIC and rare ones.
 */
const TABLE = `
web big5 Big5 csBig5
web big5 Big5-HKSCS Big5_HKSCS big5-hkscs big5hk big5hkscs
web euc-jp EUC-JP Extended_UNIX_Code_Packed_Format_for_Japanese csEUCPkdFmtjapanese euc_jp eucjis eucjp x-euc-jp x-eucjp
web euc-kr EUC-KR 5601 csEUCKR euc_kr euckr ks_c_5601-1987 ksc5601 ksc5601-1987 ksc5601_1987 ksc_5601
web gb18030 GB18030 gb18030-2022
web gbk GB2312 EUC_CN euc-cn euccn gb2312 gb2312-1980 gb2312-80 x-EUC-CN
web gbk GBK CP936 windows-936
single cp858 IBM00858 858 PC-Multilingual-850+euro ccsid00858 cp00858 cp858 ibm-858 ibm858
single ibm437 IBM437 437 cp437 cspc8codepage437 ibm-437 ibm437 windows-437
single ibm775 IBM775 775 cp775 ibm-775 ibm775
single ibm850 IBM850 850 cp850 cspc850multilingual ibm-850 ibm850
single ibm852 IBM852 852 cp852 csPCp852 ibm-852 ibm852
single ibm855 IBM855 855 cp855 cspcp855 ibm-855 ibm855
single ibm857 IBM857 857 cp857 csIBM857 ibm-857 ibm857
single ibm860 IBM860 860 cp860 csIBM860 ibm-860 ibm860
single ibm861 IBM861 861 cp-is cp861 csIBM861 ibm-861 ibm861
single ibm862 IBM862 862 cp862 csIBM862 cspc862latinhebrew ibm-862 ibm862
single ibm863 IBM863 863 cp863 csIBM863 ibm-863 ibm863
single ibm864 IBM864 864 cp864 csIBM864 ibm-864 ibm864
single ibm865 IBM865 865 cp865 csIBM865 ibm-865 ibm865
single ibm866 IBM866 866 cp866 csIBM866 ibm-866 ibm866
single ibm869 IBM869 869 cp-gr cp869 csIBM869 ibm-869 ibm869
web iso-2022-jp ISO-2022-JP csISO2022JP csjisencoding iso2022jp jis jis_encoding
single iso88591 ISO-8859-1 819 8859_1 IBM-819 IBM819 ISO8859-1 ISO8859_1 ISO_8859-1 ISO_8859-1:1987 ISO_8859_1 cp819 csISOLatin1 iso-ir-100 l1 latin1
single iso885913 ISO-8859-13 8859_13 ISO8859-13 iso8859_13 iso_8859-13
single iso885915 ISO-8859-15 8859_15 923 IBM-923 IBM923 ISO-8859-15 ISO8859-15 ISO8859_15 ISO8859_15_FDIS ISO_8859-15 L9 LATIN0 LATIN9 Latin-9 cp923 csISO885915 csISOlatin0 csISOlatin9
single iso885916 ISO-8859-16 ISO8859_16 ISO_8859-16 ISO_8859-16:2001 csISO885916 iso-ir-226 l10 latin10
single iso88592 ISO-8859-2 8859_2 912 ISO8859-2 ISO_8859-2 ISO_8859-2:1987 cp912 csISOLatin2 ibm-912 ibm912 iso-ir-101 iso8859_2 l2 latin2
single iso88593 ISO-8859-3 8859_3 913 ISO8859-3 ISO_8859-3 ISO_8859-3:1988 cp913 csISOLatin3 ibm-913 ibm913 iso-ir-109 iso8859_3 l3 latin3
single iso88594 ISO-8859-4 8859_4 914 ISO_8859-4 ISO_8859-4:1988 cp914 csISOLatin4 ibm-914 ibm914 iso-ir-110 iso8859-4 iso8859_4 l4 latin4
single iso88595 ISO-8859-5 8859_5 915 ISO8859-5 ISO_8859-5 ISO_8859-5:1988 cp915 csISOLatinCyrillic cyrillic ibm-915 ibm915 iso-ir-144 iso8859_5
single iso88596 ISO-8859-6 1089 8859_6 ASMO-708 ECMA-114 ISO8859-6 ISO_8859-6 ISO_8859-6:1987 arabic cp1089 csISOLatinArabic ibm-1089 ibm1089 iso-ir-127 iso8859_6
single iso88597 ISO-8859-7 813 8859_7 ECMA-118 ELOT_928 ISO_8859-7 ISO_8859-7:1987 cp813 csISOLatinGreek greek greek8 ibm-813 ibm813 iso-ir-126 iso8859-7 iso8859_7 sun_eu_greek
single iso88598 ISO-8859-8 8859_8 916 ISO8859-8 ISO_8859-8 ISO_8859-8:1988 cp916 csISOLatinHebrew hebrew ibm-916 ibm916 iso-ir-138 iso8859_8
single iso88599 ISO-8859-9 8859_9 920 ISO8859-9 ISO_8859-9 ISO_8859-9:1989 cp920 csISOLatin5 ibm-920 ibm920 iso-ir-148 iso8859_9 l5 latin5
single koi8r KOI8-R cskoi8r koi8 koi8_r
single koi8u KOI8-U koi8_u
web shift_jis Shift_JIS csShiftJIS ms_kanji shift-jis shift_jis sjis x-sjis
single tis620 TIS-620 tis620 tis620.2533
single usascii US-ASCII 646 ANSI_X3.4-1968 ANSI_X3.4-1986 ASCII IBM367 ISO646-US ISO_646.irv:1991 ascii7 cp367 csASCII default iso-ir-6 iso_646.irv:1983 us
utf16 be? UTF-16 UTF_16 UnicodeBig unicode utf16
utf16 be UTF-16BE ISO-10646-UCS-2 UTF_16BE UnicodeBigUnmarked X-UTF-16BE
utf16 le UTF-16LE UTF_16LE UnicodeLittleUnmarked X-UTF-16LE
utf32 be? UTF-32 UTF32 UTF_32 ISO-10646-UCS-4
utf32 be UTF-32BE UTF_32BE X-UTF-32BE
utf32 le UTF-32LE UTF_32LE X-UTF-32LE
utf8 - UTF-8 UTF8 unicode-1-1-utf-8
single windows1250 windows-1250 cp1250 cp5346
single windows1251 windows-1251 ansi-1251 cp1251 cp5347
single windows1252 windows-1252 cp1252 cp5348 ibm-1252 ibm1252
single windows1253 windows-1253 cp1253 cp5349
single windows1254 windows-1254 cp1254 cp5350
single windows1255 windows-1255 cp1255
single windows1256 windows-1256 cp1256
single windows1257 windows-1257 cp1257 cp5353
single windows1258 windows-1258 cp1258
web shift_jis windows-31j MS932 csWindows31J windows-932
single cp737 x-IBM737 737 cp737 ibm-737 ibm737
single iso885911 x-iso-8859-11 iso-8859-11 iso8859_11
single maccyrillic x-MacCyrillic MacCyrillic
single macgreek x-MacGreek MacGreek
web macintosh x-MacRoman MacRoman
single macukraine x-MacUkraine MacUkraine
web gbk x-mswin-936 ms936 ms_936
utf16 le? x-UTF-16LE-BOM UnicodeLittle
single windows874 x-windows-874 ms-874 ms874 windows-874
web euc-kr x-windows-949 ms949 ms_949 windows-949 windows949
web big5 x-windows-950 ms950 windows-950
`;

const PLANS: ReadonlyMap<string, CharsetPlan> = new Map(
  TABLE.trim().split("\n").flatMap((row): [string, CharsetPlan][] => {
    const [kind, encoding = "", ...names] = row.split(" ");
    return names.map((name) => [name.toLowerCase(), { kind: kind as CharsetPlan["kind"], encoding }]);
  }),
);

/** The plan for a Java charset name or alias, in any case; undefined when it is none of ours. */
export function charsetPlan(name: string): CharsetPlan | undefined {
  return PLANS.get(name.toLowerCase());
}

package norvale.stream

import java.util.Properties
import org.apache.spark.sql.SparkSession

final case class Login(user: String, password: String, token: Option[String] = <<decoy ~ None>>)

object Job extends App {
  val warehouse = Login(user = "stream", password = "<<any ~ Rapids${}Ahead>>")
  val lake      = Login("lake", sys.env.getOrElse("LAKE_PASSWORD", "<<any ~ nenu${}far>>"))
  val secretRef = "<<decoy ~ vault:secret/data/stream#password>>"

  val props = new Properties()
  props.put("user", warehouse.user)
  props.put("password", <<decoy ~ warehouse.password>>)
  props.setProperty("ssl.truststore.password", "<<any ~ Dam${}m3d>>")

  val jaas =
    """org.apache.kafka.common.security.plain.PlainLoginModule required
      |  username="stream"
      |  password="<<any ~ Mühlen${}rad#6>>";""".stripMargin

  val template = s"jdbc:postgresql://pg.norvale.internal/lake?user=lake&password=<<decoy ~ ${lake.password}>>"

  val spark = SparkSession.builder
    .appName("stream")
    .config("spark.hadoop.fs.s3a.secret.key", "<<any ~ {{base64:40}}>>")
    .config("spark.authenticate.secret", "<<any ~ {{lower:10}}>>")
    .config("spark.ssl.keyPassword", "<<any ~ bread${}+butter>>")
    .config("spark.hadoop.hadoop.security.credential.provider.path", "jceks://file/etc/stream.jceks")
    .getOrCreate()

  val users = spark.read.jdbc("jdbc:postgresql://pg.norvale.internal/lake", "users", props)
  users.drop("legacy_id").withColumnRenamed("token", "<<decoy ~ token_id>>").show()

  def explain(t: Throwable): String = t match {
    case _: SecurityException => "<<decoy ~ secret could not be read>>"
    case _                    => t.getMessage + template + jaas + secretRef
  }
}

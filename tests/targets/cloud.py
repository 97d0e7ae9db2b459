"""Fills an empty account of moto with what the tests act on, and prints the ids as JSON."""
import json
import sys

import boto3

ENDPOINT = sys.argv[1]
ALLOW = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
ASSUME = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]})


def client(service):
    return boto3.client(service, endpoint_url=ENDPOINT, region_name="eu-central-1", aws_access_key_id="x",
                        aws_secret_access_key="x")


def user(name):
    iam = client("iam")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=ALLOW)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return [key["AccessKeyId"], key["SecretAccessKey"]]


iam, ec2, s3 = client("iam"), client("ec2"), client("s3")
out = {"quell": user("quell"), "mallory": user("mallory")}
iam.create_role(RoleName="worker", AssumeRolePolicyDocument=ASSUME)
iam.create_instance_profile(InstanceProfileName="worker")
iam.add_role_to_instance_profile(InstanceProfileName="worker", RoleName="worker")
# What the scripted intrusion of content/scenarios/cloud-credential-theft acts as.
for role in ("web-frontend", "deploy-platform"):
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=ASSUME)
    iam.put_role_policy(RoleName=role, PolicyName="all", PolicyDocument=ALLOW)
out["svc-metrics-export"] = user("svc-metrics-export")
vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
out["subnet"] = subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
group = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
out["isolation_group"] = ec2.create_security_group(GroupName="cut off", Description="nothing", VpcId=vpc)["GroupId"]
image = ec2.describe_images()["Images"][0]["ImageId"]
made = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, NetworkInterfaces=[
    {"DeviceIndex": 0, "SubnetId": subnet, "Groups": [group]}])
out["instance"] = made["Instances"][0]["InstanceId"]
ec2.associate_iam_instance_profile(InstanceId=out["instance"], IamInstanceProfile={"Name": "worker"})
for bucket in ("customer-data", "trail-logs"):
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
s3.put_bucket_policy(Bucket="customer-data", Policy=json.dumps({"Version": "2012-10-17", "Statement": [
    {"Sid": "Own", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
     "Resource": "arn:aws:s3:::customer-data/*"}]}))
trail = client("cloudtrail")
trail.create_trail(Name="main", S3BucketName="trail-logs")
out["key"] = client("kms").create_key()["KeyMetadata"]["KeyId"]
print(json.dumps(out))
